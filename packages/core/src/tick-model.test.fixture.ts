/**
 * What a tick is, said as simply as possible: a tree of spans in plain objects. The recorder is held to it.
 * It knows the limits of the public contract (records of a frame, units of a text) and nothing of memory.
 */
import type { AttributeValue } from './records.js';

const RECORDS = 62;
const TEXT_UNITS = 240;
const UNITS_PER_RECORD = 12;
const INTERNED_UNITS = 64;

export interface ModelSpan {
  readonly label: string;
  readonly children: ModelSpan[];
  readonly attributes: Map<string, AttributeValue>;
  error: string | undefined;
  isOpen: boolean;
  /** It ended before its tick did. */
  isFinished: boolean;
  /** False for a span that the frame had no room for. */
  readonly isRecorded: boolean;
}

export class TickModel {
  readonly root = newSpan('', true);
  /** The span in whose synchronous part the bot is. */
  current = this.root;
  readonly events: string[] = [];
  /** Requests that outlived the tick: each travels on its own, whatever became of the tick's frame. */
  readonly late: string[] = [];
  /** Measured durations by series, trips by reason, requests by outcome. */
  readonly counts = new Map<string, number>();
  readonly anomalies = new Map<string, number>();
  isOpen = true;
  isTripped = false;
  #records = 0;
  dropped = 0;

  start(label: string, parent: ModelSpan): ModelSpan {
    const isRecorded = this.#takeSpan();
    // Of a span that was dropped the children belong to its parent, and so does what is said about it.
    const span = isRecorded ? newSpan(label, true) : { ...parent, isOpen: true, isRecorded: false };
    if (isRecorded) parent.children.push(span);
    return span;
  }

  /** @param label of the series that the duration is added to. */
  end(span: ModelSpan, stage: string): void {
    if (!span.isOpen) return this.anomaly('use_after_end');
    span.isOpen = false;
    if (!this.isOpen) return this.anomaly('ended_late');
    span.isFinished = true;
    this.count(`mm_stage_duration_ms{${stage}}`);
  }

  fail(span: ModelSpan, stage: string, message: string): void {
    if (span.isOpen && this.isOpen && span.isRecorded) {
      span.error = this.#takeText(message) ?? '';
    }
    this.end(span, stage);
  }

  lap(stage: string): void {
    if (!this.isOpen) return this.anomaly('use_after_end');
    this.count(`mm_stage_duration_ms{${stage}}`);
    if (this.#takeSpan()) this.root.children.push({ ...newSpan(stage, true), isFinished: true });
  }

  trip(reason: string): void {
    if (!this.isOpen) return this.anomaly('use_after_end');
    this.count(`mm_guard_trips_total{${reason}}`);
    this.isTripped = true;
    if (this.#take(1)) this.events.push(reason);
  }

  setAttribute(span: ModelSpan, key: string, value: AttributeValue): void {
    const isLive = this.isOpen && (span === this.root || span.isOpen);
    if (!isLive) return this.anomaly('use_after_end');
    if (typeof value === 'string' && value.length > INTERNED_UNITS) {
      const text = this.#takeText(value);
      if (text !== undefined) span.attributes.set(key, text);
    } else if (this.#take(1)) {
      span.attributes.set(key, value);
    }
  }

  /** A request's record is written when it ends. */
  endRequest(parent: ModelSpan, name: string, outcome: string, message: string | undefined): void {
    this.count(`mm_exchange_req_ms{${name.replace(' ', ',')}}`);
    this.count(`mm_exchange_requests_total{${name.replace(' ', ',')},${outcome}}`);
    const label = `request ${name}${outcome === 'ok' ? '' : ` ${outcome}`}`;
    if (!this.isOpen) {
      this.anomaly('ended_late');
      this.late.push(message === undefined ? label : `${label} failed ${JSON.stringify(message)}`);
      return;
    }
    if (!this.#takeSpan()) return;
    const span = { ...newSpan(label, true), isFinished: true };
    if (message !== undefined) span.error = this.#takeText(message) ?? '';
    parent.children.push(span);
  }

  close(outcome: string, isMissed: boolean): void {
    if (!this.isOpen) return this.anomaly('use_after_end');
    this.isOpen = false;
    this.count('mm_stage_duration_ms{tick_total}');
    this.count(`mm_ticks_total{${outcome}}`);
    if (isMissed) this.count('mm_tick_deadline_miss_total{tick_total}');
  }

  failRoot(message: string): void {
    if (this.isOpen) this.root.error = this.#takeText(message);
  }

  count(series: string): void {
    this.counts.set(series, (this.counts.get(series) ?? 0) + 1);
  }

  anomaly(tally: string): void {
    this.anomalies.set(tally, (this.anomalies.get(tally) ?? 0) + 1);
  }

  #takeSpan(): boolean {
    if (this.#records < RECORDS) return ++this.#records > 0;
    this.anomaly('spans_tick_limit');
    this.dropped++;
    return false;
  }

  #take(records: number): boolean {
    if (this.#records + records <= RECORDS) {
      this.#records += records;
      return true;
    }
    this.anomaly('details_tick_limit');
    this.dropped++;
    return false;
  }

  /** @returns what is kept of a text, undefined when there is no room for it. */
  #takeText(text: string): string | undefined {
    if (text.length > TEXT_UNITS) this.anomaly('texts_truncated');
    const kept = text.slice(0, TEXT_UNITS);
    return this.#take(1 + Math.ceil(kept.length / UNITS_PER_RECORD)) ? kept : undefined;
  }
}

function newSpan(label: string, isRecorded: boolean): ModelSpan {
  return {
    label,
    children: [],
    attributes: new Map(),
    error: undefined,
    isOpen: true,
    isFinished: false,
    isRecorded,
  };
}
