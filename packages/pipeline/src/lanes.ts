/** What the lanes, one for each trading thread, say together. */
import {
  type RegionReader,
  ratioOf,
  type SeriesSnapshot,
  sumSeries,
  TALLIES,
  type Tally,
} from '@tickscope/core/internal';
import type { SnapshotJson } from './protocol.js';

const LOSSES: readonly Tally[] = [
  'spans_ring_full',
  'spans_in_flight_full',
  'spans_tick_limit',
  'api_spans_ring_full',
];
const ANOMALIES = TALLIES.filter((tally) => !LOSSES.includes(tally));

export class Lanes {
  readonly #readers: readonly RegionReader[];

  /** @param readers grows when a trading thread joins. */
  constructor(readers: readonly RegionReader[]) {
    this.#readers = readers;
  }

  series(): SeriesSnapshot[] {
    return sumSeries(this.#readers.map((reader) => reader.series()));
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

  #loops() {
    return this.#readers.flatMap((reader) => [...reader.loops()]);
  }

  #sum(figure: (reader: RegionReader) => number): number {
    return this.#readers.reduce((sum, reader) => sum + figure(reader), 0);
  }
}
