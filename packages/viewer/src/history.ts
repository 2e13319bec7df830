/** What the plots show: the server's history, continued with the snapshots that arrive. */
import type { HistoryJson, SnapshotJson } from '@tickscope/pipeline/protocol';

/** Ten minutes and a little, at one point a second. */
const MAX_POINTS = 660;
/** Ticks per second and the miss ratio are taken over this many points. */
const RATE_SPAN = 10;

type Column = (number | null)[];

export interface PercentileColumns {
  p50: Column;
  p95: Column;
  p99: Column;
}

export const PERCENTILES = ['p50', 'p95', 'p99'] as const;

export function stageKey(stage: string, loop: string | null): string {
  return loop === null ? stage : `${loop} / ${stage}`;
}

export class History {
  readonly times: number[] = [];
  readonly #ticks: Column = [];
  readonly #misses: Column = [];
  readonly #stages = new Map<string, PercentileColumns>();

  load(history: HistoryJson): void {
    this.clear();
    this.times.push(...history.timesUnixMillis);
    this.#ticks.push(...history.ticks);
    this.#misses.push(...history.deadlineMisses);
    for (const { stage, loop, p50Millis, p95Millis, p99Millis } of history.stages) {
      const columns = { p50: [...p50Millis], p95: [...p95Millis], p99: [...p99Millis] };
      this.#stages.set(stageKey(stage, loop), columns);
    }
  }

  clear(): void {
    for (const column of [this.times, this.#ticks, this.#misses]) column.length = 0;
    this.#stages.clear();
  }

  append(snapshot: SnapshotJson): void {
    const last = this.times.at(-1);
    // Two sources of points: the server's own may be younger than this answer.
    if (last !== undefined && snapshot.nowUnixMillis <= last) return;
    const points = this.times.push(snapshot.nowUnixMillis);
    let ticks = 0;
    for (const { stage, count } of snapshot.stages) if (stage === 'tick_total') ticks += count;
    this.#ticks.push(ticks);
    this.#misses.push(snapshot.deadlineMisses);
    for (const recent of snapshot.recent.stages) {
      const key = stageKey(recent.stage, recent.loop);
      let columns = this.#stages.get(key);
      if (columns === undefined) {
        columns = { p50: [], p95: [], p99: [] };
        this.#stages.set(key, columns);
      }
      for (const percentile of PERCENTILES) {
        while (columns[percentile].length < points - 1) columns[percentile].push(null);
        columns[percentile].push(recent[`${percentile}Millis`]);
      }
    }
    for (const column of this.#columns()) {
      while (column.length < points) column.push(null);
      if (points > MAX_POINTS) column.shift();
    }
  }

  percentiles(key: string): PercentileColumns {
    return this.#stages.get(key) ?? { p50: this.#empty(), p95: this.#empty(), p99: this.#empty() };
  }

  /** Ticks per second over about ten seconds before each point. */
  tickRates(): Column {
    return this.times.map((_, at) => {
      const span = this.#span(at);
      return span === undefined ? null : (span.ticks / span.millis) * 1000;
    });
  }

  /** Share of ticks that missed their deadline, in percent, over about ten seconds before each point. */
  missPercents(): Column {
    return this.times.map((_, at) => {
      const span = this.#span(at);
      return span === undefined || span.ticks === 0 ? null : (span.misses / span.ticks) * 100;
    });
  }

  #span(at: number): { ticks: number; misses: number; millis: number } | undefined {
    const from = Math.max(0, at - RATE_SPAN);
    const millis = this.times[at] - this.times[from];
    if (millis <= 0) return undefined;
    const ticks = (this.#ticks[at] ?? 0) - (this.#ticks[from] ?? 0);
    const misses = (this.#misses[at] ?? 0) - (this.#misses[from] ?? 0);
    return { ticks, misses, millis };
  }

  #empty(): Column {
    return this.times.map(() => null);
  }

  *#columns(): Iterable<Column> {
    yield this.times as Column;
    yield this.#ticks;
    yield this.#misses;
    for (const { p50, p95, p99 } of this.#stages.values()) {
      yield p50;
      yield p95;
      yield p99;
    }
  }
}
