import { EventEmitter } from 'node:events';
import type { ReceivedPoint, ReceivedRequest, ReceivedSpan } from './records.js';

export interface Arrival {
  readonly request: ReceivedRequest;
  /** Empty unless the request was accepted. */
  readonly spans: readonly ReceivedSpan[];
  readonly points: readonly ReceivedPoint[];
  /** Why the body was refused by the decoder. */
  readonly problem: string | undefined;
}

/** What a receiver has taken so far, and waiting for more of it. */
export class ArrivalLog {
  readonly spans: ReceivedSpan[] = [];
  readonly points: ReceivedPoint[] = [];
  readonly requests: ReceivedRequest[] = [];
  /** Bodies that did not decode; a test of an exporter expects none. */
  readonly problems: string[] = [];
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  add(arrival: Arrival): void {
    this.requests.push(arrival.request);
    // Not push(...spans): a batch may exceed the engine's argument limit.
    for (const span of arrival.spans) this.spans.push(span);
    for (const point of arrival.points) this.points.push(point);
    if (arrival.problem !== undefined) this.problems.push(arrival.problem);
    this.#arrivals.emit('arrival');
  }

  /** Spans by trace id, in order of arrival. */
  traces(): Map<string, ReceivedSpan[]> {
    const traces = new Map<string, ReceivedSpan[]>();
    for (const span of this.spans) {
      const trace = traces.get(span.traceId);
      if (trace) trace.push(span);
      else traces.set(span.traceId, [span]);
    }
    return traces;
  }

  /** Resolves as soon as the predicate holds, checked at every arrival; rejects at the deadline. */
  waitForSpans(
    predicate: (spans: readonly ReceivedSpan[]) => boolean,
    timeoutMillis = 10_000,
  ): Promise<void> {
    return this.#waitFor(
      () => predicate(this.spans),
      timeoutMillis,
      () => `${this.spans.length} spans had arrived: ${summary(this.spans.map((span) => span.name))}`,
    );
  }

  waitForPoints(
    predicate: (points: readonly ReceivedPoint[]) => boolean,
    timeoutMillis = 10_000,
  ): Promise<void> {
    return this.#waitFor(
      () => predicate(this.points),
      timeoutMillis,
      () => `${this.points.length} points had arrived: ${summary(this.points.map((point) => point.metric))}`,
    );
  }

  waitForRequests(count: number, timeoutMillis = 10_000): Promise<void> {
    return this.#waitFor(
      () => this.requests.length >= count,
      timeoutMillis,
      () => `${this.requests.length} of ${count} requests had arrived`,
    );
  }

  #waitFor(done: () => boolean, timeoutMillis: number, seen: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          if (!done()) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        clearTimeout(timer);
        this.#arrivals.off('arrival', check);
      };
      const timer = setTimeout(() => {
        this.#arrivals.off('arrival', check);
        reject(
          new Error(`Waited ${timeoutMillis} ms; ${seen()}${this.problems.map((problem) => `; ${problem}`)}`),
        );
      }, timeoutMillis);
      this.#arrivals.on('arrival', check);
      check();
    });
  }
}

function summary(names: string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ×${count}`).join(', ') || 'none';
}
