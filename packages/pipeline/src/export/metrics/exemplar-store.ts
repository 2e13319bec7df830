/**
 * The newest exemplar of each bucket and counter, all of traces that the backend has acknowledged: whoever follows
 * one finds a trace. What was rejected, dropped or never sent is not referred to.
 */
import type { HrTime } from '@opentelemetry/api';
import {
  BUCKET_FAMILIES,
  type LateSpanRecord,
  METRICS,
  type SpanRecord,
  seriesKeyOf,
  type TickRecord,
} from '@tickscope/core/internal';
import type { KeptLateSpan, KeptTick } from '../../kept-tick.js';
import type { Exemplar } from './exemplar.js';

/** Some 200 bytes each. */
const DEFAULT_MAX_EXEMPLARS = 8_192;
/** Of a batch, which has some 400 ticks at most. */
const MAX_USUAL = 64;
const MAX_UNUSUAL = 128;
const TICK = 'tick_total';
const OVERFLOW = ['otel.metric.overflow', 'true'] as const;
const NANOS_PER_SECOND = 1_000_000_000n;

type Label = readonly [name: string, value: string];
type Trace = Pick<TickRecord | LateSpanRecord, 'traceId' | 'spanId' | 'originUnixNanos'>;

export interface ExemplarStoreOptions {
  /** Whether the recorder has a series of this key (`seriesKeyOf`); others get no exemplars. */
  readonly hasSeries: (key: string) => boolean;
  /** Beyond it the series that got one longest ago lose theirs. Default 8 192. */
  readonly maxExemplars?: number;
}

export class ExemplarStore {
  readonly #hasSeries: (key: string) => boolean;
  readonly #maxExemplars: number;
  /** By series, the one that got an exemplar last at the end; in each by bucket, 0 for a counter. */
  readonly #series = new Map<string, Map<number, Exemplar>>();
  #count = 0;

  constructor({ hasSeries, maxExemplars = DEFAULT_MAX_EXEMPLARS }: ExemplarStoreOptions) {
    this.#hasSeries = hasSeries;
    this.#maxExemplars = maxExemplars;
  }

  /** Exemplars held. */
  get size(): number {
    return this.#count;
  }

  /** Of one series, by bucket (the index of its bound, the last one for +Inf); of a counter under 0. */
  of(seriesKey: string): ReadonlyMap<number, Exemplar> | undefined {
    return this.#series.get(seriesKey);
  }

  /** What a backend has acknowledged, and rejected nothing of. */
  acknowledged(items: readonly (KeptTick | KeptLateSpan)[]): void {
    for (const item of choose(items)) {
      if ('tick' in item) this.#addTick(item.tick);
      else this.#addSpan(item.late, item.late.span);
    }
  }

  #addTick(tick: TickRecord): void {
    // The histograms have not seen it, whatever of it has been exported.
    if (tick.unfinished) return;
    const { startMillis, endMillis, loop } = tick;
    const loopLabels: readonly Label[] = loop === undefined ? [] : [['loop', loop]];
    this.#addStage(tick, TICK, loopLabels, 0, startMillis, endMillis);
    if (tick.missed) {
      const key = this.#perSymbol(METRICS.deadlineMisses.name, TICK, tick.symbol, loopLabels);
      this.#put(key, 0, exemplar(tick, 0, 1, endMillis));
    }
    for (const reason of tick.guardReasons) {
      const key = seriesKeyOf(METRICS.guardTrips.name, ['reason', reason], ...loopLabels);
      this.#put(key, 0, exemplar(tick, 0, 1, endMillis));
    }
    for (const span of tick.spans) {
      if (span.kind === 'stage' || span.kind === 'wait') {
        const { name, index } = span;
        if (!span.unfinished) {
          this.#addStage(tick, name, loopLabels, index, span.startMillis, span.endMillis);
        }
      } else this.#addSpan(tick, span);
    }
  }

  #addStage(
    tick: TickRecord,
    stage: string,
    loopLabels: readonly Label[],
    index: number,
    startMillis: number,
    endMillis: number,
  ): void {
    const key = this.#perSymbol(METRICS.stageDuration.name, stage, tick.symbol, loopLabels);
    this.#putDuration(key, METRICS.stageDuration.family, tick, index, startMillis, endMillis);
  }

  /** Requests, queries and operations, with a tick or without. */
  #addSpan(trace: Trace, span: SpanRecord): void {
    if (span.unfinished) return;
    const { attributes, startMillis, endMillis } = span;
    let duration: (typeof METRICS)['exchangeRequestDuration' | 'operationDuration' | 'databaseDuration'];
    let labels: readonly Label[];
    if (span.kind === 'request') {
      duration = METRICS.exchangeRequestDuration;
      labels = [
        ['verb', String(attributes.verb)],
        ['api', String(attributes.api)],
      ];
      const outcome = span.requestOutcome ?? 'ok';
      const key = seriesKeyOf(METRICS.exchangeRequests.name, ...labels, ['outcome', outcome]);
      this.#put(key, 0, exemplar(trace, span.index, 1, endMillis));
    } else if (span.kind === 'query') {
      duration = METRICS.databaseDuration;
      labels = [
        ['operation', String(attributes.operation)],
        ['table', String(attributes.table)],
      ];
      const status = span.error === undefined ? 'ok' : 'error';
      const key = seriesKeyOf(METRICS.databaseQueries.name, ...labels, ['status', status]);
      this.#put(key, 0, exemplar(trace, span.index, 1, endMillis));
    } else if (span.kind === 'operation') {
      duration = METRICS.operationDuration;
      labels = [['operation', span.name]];
    } else return;
    const key = seriesKeyOf(duration.name, ...labels);
    this.#putDuration(key, duration.family, trace, span.index, startMillis, endMillis);
  }

  /** Of the symbol's own series, or the one of those beyond the limit, or, where symbols are not told apart, of all. */
  #perSymbol(metric: string, stage: string, symbol: string | undefined, loop: readonly Label[]): string {
    const of = (...labels: readonly Label[]) => seriesKeyOf(metric, ['stage', stage], ...labels, ...loop);
    if (symbol !== undefined) {
      const own = of(['symbol', symbol]);
      if (this.#hasSeries(own)) return own;
      const overflow = of(OVERFLOW);
      if (this.#hasSeries(overflow)) return overflow;
    }
    return of();
  }

  #putDuration(
    key: string,
    family: keyof typeof BUCKET_FAMILIES,
    trace: Trace,
    index: number,
    startMillis: number,
    endMillis: number,
  ): void {
    const millis = endMillis - startMillis;
    const bounds = BUCKET_FAMILIES[family].boundsMillis;
    let bucket = 0;
    while (bucket < bounds.length && millis > bounds[bucket]) bucket++;
    this.#put(key, bucket, exemplar(trace, index, millis, endMillis));
  }

  #put(key: string, bucket: number, one: Exemplar): void {
    let buckets = this.#series.get(key);
    if (buckets === undefined) {
      if (!this.#hasSeries(key)) return;
      buckets = new Map();
    } else this.#series.delete(key);
    this.#series.set(key, buckets);
    this.#count -= buckets.size;
    buckets.set(bucket, one);
    this.#count += buckets.size;
    while (this.#count > this.#maxExemplars) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const [key, buckets] of this.#series) {
      this.#series.delete(key);
      this.#count -= buckets.size;
      return;
    }
  }
}

/**
 * Of a large batch some: a tick must be decoded again for it, and a series shows one exemplar in a bucket. Of the ticks
 * that are out of the ordinary more, as they are in buckets and counters that others never see.
 */
function choose(items: readonly (KeptTick | KeptLateSpan)[]): (KeptTick | KeptLateSpan)[] {
  const usual = items.filter(({ keptBy }) => keptBy[0] === 'ratio');
  const unusual = items.filter(({ keptBy }) => keptBy[0] !== 'ratio');
  return [...newest(usual, MAX_USUAL), ...newest(unusual, MAX_UNUSUAL)];
}

function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}

function exemplar(trace: Trace, spanIndex: number, value: number, atMillis: number): Exemplar {
  const unixNanos = trace.originUnixNanos + BigInt(Math.round(atMillis * 1_000_000));
  const time: HrTime = [Number(unixNanos / NANOS_PER_SECOND), Number(unixNanos % NANOS_PER_SECOND)];
  return { value, time, traceId: trace.traceId, spanId: trace.spanId(spanIndex) };
}
