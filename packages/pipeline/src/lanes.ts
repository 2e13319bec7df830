/** What the lanes, one for each trading thread, say together. */
import {
  type RegionReader,
  ratioOf,
  type SeriesSnapshot,
  sumSeries,
  type Tally,
} from '@tickscope/core/internal';
import type { SnapshotJson } from './protocol.js';

export interface DeferredSeries {
  readonly metric: string;
  /** Its present value. */
  readonly read: () => SeriesSnapshot;
}

export class Lanes {
  readonly #readers: readonly RegionReader[];

  /** @param readers grows when a trading thread joins. */
  constructor(readers: readonly RegionReader[]) {
    this.#readers = readers;
  }

  series(): SeriesSnapshot[] {
    return sumSeries(this.#readers.map((reader) => reader.series()));
  }

  /**
   * The same series, each read when it is asked for: whoever needs thousands can let others work in between. Of
   * equal series of several lanes one, which is their sum.
   */
  deferredSeries(): DeferredSeries[] {
    const equal = new Map<string, { metric: string; reads: (() => SeriesSnapshot)[] }>();
    for (const reader of this.#readers) {
      for (const definition of reader.seriesDefinitions()) {
        const { key, metric } = definition;
        const read = () => reader.readSeries(definition);
        const known = equal.get(key);
        if (known === undefined) equal.set(key, { metric, reads: [read] });
        else known.reads.push(read);
      }
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

  /** Of the first lane: they are set together. */
  get mode(): SnapshotJson['mode'] {
    return this.#readers[0]?.mode ?? 'off';
  }

  get sampleRatio(): number {
    const [reader] = this.#readers;
    return reader === undefined ? 0 : ratioOf(reader.samplingThreshold);
  }

  /** Milliseconds since a tick last began or ended on any lane; null before the first. */
  get lastTickAgeMillis(): number | null {
    const last = Math.max(0, ...this.#readers.map((reader) => reader.lastActivityMillis));
    return last === 0 ? null : Math.max(0, performance.now() - last);
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

  /** Spans that have left the rings. */
  get spansTaken(): number {
    return this.#sum((reader) => reader.spansTaken);
  }

  tally(tally: Tally): number {
    return this.#sum((reader) => reader.tally(tally));
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

  #loops() {
    return this.#readers.flatMap((reader) => [...reader.loops()]);
  }

  #sum(figure: (reader: RegionReader) => number): number {
    return this.#readers.reduce((sum, reader) => sum + figure(reader), 0);
  }
}
