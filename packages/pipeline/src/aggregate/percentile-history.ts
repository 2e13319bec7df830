/**
 * The recent percentiles of the last ten minutes, one point a second, so that a page opened after something
 * happened shows it. With the defaults at most 0.9 MiB, 70 KiB for a loop of four stages.
 */
import type { HistoryJson } from '../protocol.js';
import type { SnapshotFigures } from './summary.js';

type Column = (number | null)[];

interface StageHistory {
  readonly stage: string;
  readonly loop: string | null;
  readonly p50Millis: Column;
  readonly p95Millis: Column;
  readonly p99Millis: Column;
}

export interface PercentileHistoryOptions {
  /** Default 600; the oldest go first. */
  readonly maxPoints?: number;
  /** Stages beyond it have no history. Default 64. */
  readonly maxSeries?: number;
}

export class PercentileHistory {
  readonly #maxPoints: number;
  readonly #maxSeries: number;
  readonly #timesUnixMillis: number[] = [];
  readonly #ticks: number[] = [];
  readonly #misses: number[] = [];
  readonly #stages = new Map<string, StageHistory>();

  constructor(options: PercentileHistoryOptions = {}) {
    this.#maxPoints = options.maxPoints ?? 600;
    this.#maxSeries = options.maxSeries ?? 64;
  }

  /** Adds one point; at equal distances, for example after each capture of the recent window. */
  push(figures: Pick<SnapshotFigures, 'stages' | 'recent' | 'deadlineMisses'>, nowUnixMillis: number): void {
    const points = this.#timesUnixMillis.push(nowUnixMillis);
    this.#misses.push(figures.deadlineMisses);
    let ticks = 0;
    for (const { stage, count } of figures.stages) if (stage === 'tick_total') ticks += count;
    this.#ticks.push(ticks);
    for (const recent of figures.recent.stages) {
      const history = this.#history(recent.stage, recent.loop);
      if (history === undefined) continue;
      for (const key of ['p50Millis', 'p95Millis', 'p99Millis'] as const) {
        pad(history[key], points - 1);
        history[key].push(recent[key]);
      }
    }
    for (const column of this.#columns()) {
      pad(column, points);
      if (points > this.#maxPoints) column.shift();
    }
  }

  toJson(): HistoryJson {
    return {
      timesUnixMillis: this.#timesUnixMillis,
      ticks: this.#ticks,
      deadlineMisses: this.#misses,
      stages: [...this.#stages.values()],
    };
  }

  #history(stage: string, loop: string | null): StageHistory | undefined {
    const key = JSON.stringify([loop, stage]);
    let history = this.#stages.get(key);
    if (history === undefined && this.#stages.size < this.#maxSeries) {
      history = { stage, loop, p50Millis: [], p95Millis: [], p99Millis: [] };
      this.#stages.set(key, history);
    }
    return history;
  }

  *#columns(): Iterable<Column> {
    yield this.#timesUnixMillis as Column;
    yield this.#ticks as Column;
    yield this.#misses as Column;
    for (const { p50Millis, p95Millis, p99Millis } of this.#stages.values()) {
      yield p50Millis;
      yield p95Millis;
      yield p99Millis;
    }
  }
}

function pad(column: Column, length: number): void {
  while (column.length < length) column.push(null);
}
