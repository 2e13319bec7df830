/**
 * What was added to histograms over the last window: the cells of now minus the cells of about ten seconds ago.
 *
 * A dense copy per second of 3 328 cells would be 26 KiB each. Between two captures a stage touches some dozens
 * of cells, so what is kept per series is one dense copy (the last capture) and, for each interval, the cells
 * that changed: 10 bytes apiece. With the defaults that is 26 KiB and some more a series, 64 series at most:
 * 2 to 3 MiB, and 24 MiB in the impossible case of every interval touching every cell.
 */
import { cellUpperBound, METRICS, type SeriesSnapshot } from '@tickscope/core/internal';
import { type HistogramSeries, isHistogram } from './histogram-series.js';
import { seriesKey } from './series-key.js';

export interface RecentWindowOptions {
  /** Default 10 000. */
  readonly windowMillis?: number;
  /** Time between captures. Default 1 000. */
  readonly intervalMillis?: number;
  /** Series beyond it have no recent figures and are counted in `untrackedSeries`. Default 64. */
  readonly maxSeries?: number;
  /** The histograms of interest. Default: the stages. */
  readonly metrics?: readonly string[];
}

export interface RecentDifference {
  /** Age of the cells that were subtracted: about the window, less after a start, 0 before the first capture. */
  readonly windowMillis: number;
  /** As given, but cells and sum are differences, and `max` is that of the window to within its cell. */
  readonly series: readonly HistogramSeries[];
}

/** The cells that changed between two captures. */
interface Interval {
  readonly indexes: Uint16Array;
  readonly counts: Float64Array;
  readonly sum: number;
}

interface TrackedSeries {
  /** As of the last capture. */
  readonly cells: Float64Array;
  sum: number;
  /** Oldest first, one for each pair of neighbouring captures. */
  readonly intervals: Interval[];
}

const NO_CHANGE: Interval = { indexes: new Uint16Array(0), counts: new Float64Array(0), sum: 0 };

/** Times are of one monotonic clock. Cells only ever grow. */
export class RecentWindow {
  /** Series of the last capture that were beyond `maxSeries`. */
  untrackedSeries = 0;
  readonly #windowMillis: number;
  readonly #intervalMillis: number;
  readonly #maxSeries: number;
  readonly #metrics: ReadonlySet<string>;
  readonly #tracked = new Map<string, TrackedSeries>();
  /** Captures that can still be subtracted, oldest first. */
  readonly #captureMillis: number[] = [];

  constructor(options: RecentWindowOptions = {}) {
    this.#windowMillis = options.windowMillis ?? 10_000;
    this.#intervalMillis = options.intervalMillis ?? 1_000;
    this.#maxSeries = options.maxSeries ?? 64;
    this.#metrics = new Set(options.metrics ?? [METRICS.stageDuration.name]);
  }

  /** Whether the next capture should be taken; reading the cells for it is what costs. */
  isDue(nowMillis: number): boolean {
    const last = this.#captureMillis.at(-1);
    return last === undefined || nowMillis - last >= this.#intervalMillis;
  }

  /**
   * Remembers the cells of now. The first capture is the zero line: take it when the pipeline starts. A series
   * that turns up later is new in the interval in which it does.
   */
  capture(series: readonly SeriesSnapshot[], nowMillis: number): void {
    const isFirst = this.#captureMillis.length === 0;
    this.#captureMillis.push(nowMillis);
    const intervalCount = this.#captureMillis.length - 1;
    this.untrackedSeries = 0;
    for (const one of this.#ofInterest(series)) {
      const key = seriesKey(one);
      const known = this.#tracked.get(key);
      if (known === undefined && this.#tracked.size >= this.#maxSeries) {
        this.untrackedSeries++;
        continue;
      }
      let tracked = known;
      if (tracked === undefined || !isOfCells(tracked, one)) {
        tracked = { cells: new Float64Array(one.cells.length), sum: 0, intervals: [] };
        this.#tracked.set(key, tracked);
        if (isFirst || known !== undefined) {
          tracked.cells.set(one.cells);
          tracked.sum = one.sum;
          continue;
        }
      }
      while (tracked.intervals.length < intervalCount - 1) tracked.intervals.push(NO_CHANGE);
      tracked.intervals.push(advance(tracked, one));
    }
    this.#forget(nowMillis);
  }

  /** What was added since about a window ago, up to the cells given. */
  difference(series: readonly SeriesSnapshot[], nowMillis: number): RecentDifference {
    const base = this.#captureMillis[0];
    if (base === undefined) return { windowMillis: 0, series: [] };
    const differences: HistogramSeries[] = [];
    for (const one of this.#ofInterest(series)) {
      const tracked = this.#tracked.get(seriesKey(one));
      if (tracked !== undefined) {
        if (isOfCells(tracked, one)) differences.push(since(tracked, one));
      } else if (this.#tracked.size < this.#maxSeries) differences.push(one);
    }
    return { windowMillis: nowMillis - base, series: differences };
  }

  #ofInterest(series: readonly SeriesSnapshot[]): HistogramSeries[] {
    return series.filter(isHistogram).filter((one) => this.#metrics.has(one.metric));
  }

  /** Drops captures as long as the one after them is old enough to be subtracted. */
  #forget(nowMillis: number): void {
    let gone = 0;
    while (
      gone + 1 < this.#captureMillis.length &&
      nowMillis - this.#captureMillis[gone + 1] >= this.#windowMillis
    ) {
      gone++;
    }
    if (gone === 0) return;
    this.#captureMillis.splice(0, gone);
    for (const tracked of this.#tracked.values()) tracked.intervals.splice(0, gone);
  }
}

/** False once a trading thread has joined whose stages have coarser cells: they are then measured afresh. */
function isOfCells(tracked: TrackedSeries, now: HistogramSeries): boolean {
  return tracked.cells.length === now.cells.length;
}

/** Moves the dense copy on and returns what changed. */
function advance(tracked: TrackedSeries, now: HistogramSeries): Interval {
  const indexes: number[] = [];
  const counts: number[] = [];
  for (let index = 0; index < now.cells.length; index++) {
    const change = now.cells[index] - tracked.cells[index];
    if (change !== 0) {
      indexes.push(index);
      counts.push(change);
      tracked.cells[index] = now.cells[index];
    }
  }
  const sum = now.sum - tracked.sum;
  tracked.sum = now.sum;
  return indexes.length === 0 && sum === 0
    ? NO_CHANGE
    : { indexes: Uint16Array.from(indexes), counts: Float64Array.from(counts), sum };
}

function since(tracked: TrackedSeries, now: HistogramSeries): HistogramSeries {
  const cells = new Float64Array(now.cells);
  for (let index = 0; index < cells.length; index++) cells[index] -= tracked.cells[index];
  let sum = now.sum - tracked.sum;
  for (const interval of tracked.intervals) {
    sum += interval.sum;
    for (let at = 0; at < interval.indexes.length; at++) cells[interval.indexes[at]] += interval.counts[at];
  }
  return { ...now, cells, sum, max: highestValue(now, cells) };
}

function highestValue(series: HistogramSeries, cells: Float64Array): number {
  const index = cells.findLastIndex((count) => count > 0);
  if (index < 0) return 0;
  // The last cell also takes what is beyond its edge.
  return index === cells.length - 1 ? series.max : Math.min(series.max, cellUpperBound(series.family, index));
}
