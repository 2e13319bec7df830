/** What the lanes, one for each trading thread, say together; those of threads that have ended included. */
import {
  type LoopDefinition,
  METRICS,
  type RegionReader,
  ratioOf,
  type SeriesSnapshot,
  seriesKeyOf,
  sumSeries,
  TALLIES,
  type Tally,
} from '@tickscope/core/internal';
import type { Ledger } from './ledger.js';
import type { SnapshotJson, ThreadJson } from './protocol.js';
import type { RetiredLanes } from './retired-lanes.js';

const MODES: readonly SnapshotJson['mode'][] = ['off', 'metrics', 'sampled', 'full'];

const LOSSES: readonly Tally[] = [
  'spans_ring_full',
  'spans_in_flight_full',
  'spans_tick_limit',
  'api_spans_ring_full',
];
const ANOMALIES = TALLIES.filter((tally) => !LOSSES.includes(tally));
export interface DeferredSeries {
  readonly metric: string;
  /** Its present value. */
  readonly read: () => SeriesSnapshot;
}

export class Lanes {
  readonly #readers: readonly RegionReader[];
  readonly #retired: RetiredLanes;
  readonly #threadIds = new WeakMap<RegionReader, number>();

  /** @param readers of the threads that run; changes as threads join and end. */
  constructor(readers: readonly RegionReader[], retired: RetiredLanes) {
    this.#readers = readers;
    this.#retired = retired;
  }

  setThread(reader: RegionReader, threadId: number): void {
    this.#threadIds.set(reader, threadId);
  }

  /** What the writers count, and what waits in their rings. */
  supply(ledger: Ledger): void {
    ledger.supplyRecorded(() => this.#spansRecorded);
    ledger.supplyDropped('ring_full', () => this.tally('spans_ring_full'));
    ledger.supplyDropped('ring_overwritten', () => this.#spansOverwritten);
    ledger.supplyDropped('in_flight_full', () => this.tally('spans_in_flight_full'));
    ledger.supplyDropped('tick_limit', () => this.tally('spans_tick_limit'));
    ledger.supplyDropped('span_ring_full', () => this.tally('api_spans_ring_full'));
    ledger.supplyInFlight('ring', () => this.#spansPending);
    ledger.supplyInFlight('span_ring', () =>
      this.#sum(({ spanRing }) => spanRing.spansWritten - spanRing.spansTaken),
    );
  }

  series(): SeriesSnapshot[] {
    const running = this.#readers.map((reader) => reader.series());
    const retired = this.#retired.series();
    return sumSeries(retired.length === 0 ? running : [...running, retired]);
  }

  /**
   * The same series, each read when it is asked for: whoever needs thousands can let others work in between. Of
   * equal series of several lanes one, which is their sum.
   */
  deferredSeries(): DeferredSeries[] {
    const equal = new Map<string, { metric: string; reads: (() => SeriesSnapshot)[] }>();
    const add = (key: string, metric: string, read: () => SeriesSnapshot) => {
      const known = equal.get(key);
      if (known === undefined) equal.set(key, { metric, reads: [read] });
      else known.reads.push(read);
    };
    for (const reader of this.#readers) {
      for (const definition of reader.seriesDefinitions()) {
        add(definition.key, definition.metric, () => reader.readSeries(definition));
      }
    }
    // What they are now: a thread that ends while the others are read is read as itself.
    for (const series of this.#retired.series()) {
      add(seriesKeyOf(series.metric, ...Object.entries(series.labels)), series.metric, () => series);
    }
    return [...equal.values()].map(({ metric, reads }) => ({
      metric,
      read: () => (reads.length === 1 ? reads[0]() : sumSeries(reads.map((read) => [read()]))[0]),
    }));
  }

  /** @param key as `seriesKeyOf` gives it. */
  hasSeries(key: string): boolean {
    return this.#readers.some((reader) => reader.definitions.hasSeries(key));
  }

  /** Each thread sets its own; together they record as much as the one that records most. */
  get mode(): SnapshotJson['mode'] {
    return MODES[Math.max(0, ...this.#readers.map((reader) => MODES.indexOf(reader.mode)))];
  }

  /** Each thread sets its own; the highest is told. */
  get sampleRatio(): number {
    return Math.max(0, ...this.#readers.map((reader) => ratioOf(reader.samplingThreshold)));
  }

  /** Milliseconds since a tick last began or ended on any lane; null before the first. */
  get lastTickAgeMillis(): number | null {
    const running = this.#readers.map((reader) => reader.lastActivityMillis);
    return ageOf(Math.max(this.#retired.lastActivityMillis, ...running));
  }

  /** The threads that run, in the order in which they joined. */
  threads(): ThreadJson[] {
    return this.#readers.map((reader) => ({
      threadId: this.#threadIds.get(reader) ?? 0,
      mode: reader.mode,
      sampleRatio: ratioOf(reader.samplingThreshold),
      lastTickAgeMillis: ageOf(reader.lastActivityMillis),
      openTicks: reader.openTicks,
    }));
  }

  get openTicks(): number {
    return this.#sum((reader) => reader.openTicks);
  }

  /** Symbols with an open tick now. */
  get parallelSymbols(): number {
    return this.#sum((reader) => reader.parallelSymbols);
  }

  /** Their maximum since the last call. */
  takeParallelMaximum(): number {
    return this.#sum((reader) => reader.takeParallelMaximum());
  }

  /** Spans that have left the rings, but those of ended threads that are known to have been overwritten. */
  get spansTaken(): number {
    const { spansTaken, spansOverwritten } = this.#retired;
    return spansTaken - spansOverwritten + this.#sum((reader) => reader.spansTaken);
  }

  get #spansRecorded(): number {
    return this.#retired.spansRecorded + this.#sum((reader) => reader.spansRecorded);
  }

  get #spansOverwritten(): number {
    return this.#retired.spansOverwritten + this.#sum((reader) => reader.ring.tally.unitsLost);
  }

  /** Spans that wait in the rings. */
  get #spansPending(): number {
    return this.#sum(({ ring, priorityRing }) => ring.pendingUnits() + priorityRing.pendingUnits());
  }

  tally(tally: Tally): number {
    return this.#retired.tally(tally) + this.#sum((reader) => reader.tally(tally));
  }

  /** What tells that something is not as it should be, and is no loss of spans. */
  anomalies(): Record<string, number> {
    return Object.fromEntries(ANOMALIES.map((tally) => [tally, this.tally(tally)]));
  }

  /** By loop, `''` being the default one. */
  declaredStages(): Record<string, readonly string[]> {
    return Object.fromEntries(this.#loops().map(({ name, stages }) => [name, stages]));
  }

  /** By loop; a loop without a deadline is absent. */
  deadlines(): Record<string, number> {
    return Object.fromEntries(
      this.#loops().flatMap(({ name, deadlineMillis }) =>
        deadlineMillis === undefined ? [] : [[name, deadlineMillis] as const],
      ),
    );
  }

  /** By name; what the thread that joined first declares holds. */
  #loops(): LoopDefinition[] {
    const loops = new Map<string, LoopDefinition>();
    const running = this.#readers.flatMap((reader) => [...reader.loops()]);
    for (const loop of [...running, ...this.#retired.loops]) {
      if (!loops.has(loop.name)) loops.set(loop.name, loop);
    }
    return [...loops.values()];
  }

  #sum(figure: (reader: RegionReader) => number): number {
    return this.#readers.reduce((sum, reader) => sum + figure(reader), 0);
  }
}

function ageOf(activityMillis: number): number | null {
  return activityMillis === 0 ? null : Math.max(0, performance.now() - activityMillis);
}

export function parallelSymbols(value: number): SeriesSnapshot {
  return { metric: METRICS.parallelSymbols.name, labels: {}, type: 'gauge', value };
}
