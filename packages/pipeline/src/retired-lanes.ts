/**
 * What the threads that have ended said together: one sum, however many they were, so that counters never go
 * down and their regions can be freed.
 */
import {
  BUCKET_FAMILIES,
  type HistogramSnapshot,
  type LoopDefinition,
  type RegionReader,
  type SeriesSnapshot,
  sumHistograms,
  TALLIES,
  type Tally,
} from '@tickscope/core/internal';

type ValueSnapshot = Exclude<SeriesSnapshot, HistogramSnapshot>;

/** Plain data: posted to the thread that owns the pipeline, which gives it to a worker that replaces this one. */
export interface RetiredTotals {
  readonly series: readonly SeriesSnapshot[];
  readonly loops: readonly LoopDefinition[];
  readonly tallies: Readonly<Record<Tally, number>>;
  readonly spansRecorded: number;
  /** Of these, what left the rings, by being read or overwritten. */
  readonly spansTaken: number;
  readonly spansOverwritten: number;
  readonly lastActivityMillis: number;
}

/** At 26 KiB each. Beyond it a histogram joins its metric's overflow series, as in a region that is full. */
const MAX_HISTOGRAMS = 512;
const MAX_COUNTERS = 4_096;
const MAX_LOOPS = 1_024;
const OVERFLOW_LABELS: Readonly<Record<string, string>> = { 'otel.metric.overflow': 'true' };

export class RetiredLanes {
  readonly #histograms = new Map<string, HistogramSnapshot>();
  readonly #counters = new Map<string, ValueSnapshot>();
  readonly #loops = new Map<string, LoopDefinition>();
  readonly #tallies: Record<Tally, number>;
  spansRecorded = 0;
  spansTaken = 0;
  spansOverwritten = 0;
  lastActivityMillis = 0;

  /** @param totals of an earlier worker, which goes on here. */
  constructor(totals?: RetiredTotals) {
    this.#tallies = { ...(totals?.tallies ?? zeroTallies()) };
    if (totals === undefined) return;
    for (const series of totals.series) this.#add(series);
    for (const loop of totals.loops) this.#loops.set(loop.name, loop);
    this.spansRecorded = totals.spansRecorded;
    this.spansTaken = totals.spansTaken;
    this.spansOverwritten = totals.spansOverwritten;
    this.lastActivityMillis = totals.lastActivityMillis;
  }

  get totals(): RetiredTotals {
    return {
      series: this.series(),
      loops: [...this.#loops.values()],
      tallies: this.#tallies,
      spansRecorded: this.spansRecorded,
      spansTaken: this.spansTaken,
      spansOverwritten: this.spansOverwritten,
      lastActivityMillis: this.lastActivityMillis,
    };
  }

  /**
   * @param reader of a thread that writes no more and whose rings are empty.
   * @param unfinishedSpans exported of ticks that it left open; its writer never counted them.
   */
  add(reader: RegionReader, unfinishedSpans: number): void {
    for (const series of reader.series()) this.#add(series);
    for (const loop of reader.loops()) {
      if (this.#loops.has(loop.name) || this.#loops.size < MAX_LOOPS) this.#loops.set(loop.name, loop);
    }
    for (const tally of TALLIES) this.#tallies[tally] += reader.tally(tally);
    this.spansRecorded += reader.spansRecorded + unfinishedSpans;
    this.spansTaken += reader.spansTaken + unfinishedSpans;
    this.spansOverwritten += reader.ring.tally.unitsLost;
    this.lastActivityMillis = Math.max(this.lastActivityMillis, reader.lastActivityMillis);
  }

  tally(tally: Tally): number {
    return this.#tallies[tally];
  }

  get loops(): Iterable<LoopDefinition> {
    return this.#loops.values();
  }

  /** Counters and histograms; a gauge says something of the present, and these threads have none. */
  series(): SeriesSnapshot[] {
    return [...this.#counters.values(), ...this.#histograms.values()];
  }

  #add(series: SeriesSnapshot): void {
    if (series.type === 'histogram') this.#addHistogram(series);
    else if (series.type === 'counter') this.#addCounter(series);
  }

  #addCounter(series: ValueSnapshot): void {
    const { key, labels } = this.#placeOf(series, this.#counters, MAX_COUNTERS);
    const value = (this.#counters.get(key)?.value ?? 0) + series.value;
    this.#counters.set(key, { ...series, labels, value });
  }

  #addHistogram(series: HistogramSnapshot): void {
    const { key, labels } = this.#placeOf(series, this.#histograms, MAX_HISTOGRAMS);
    const known = this.#histograms.get(key);
    // Its own family again, after it came as a copy from another thread.
    const one = { ...series, labels, family: BUCKET_FAMILIES[series.family.name] };
    this.#histograms.set(key, known === undefined ? one : sumHistograms([known, one]));
  }

  /** Its own place if it has one or there is room, else that of its metric's overflow. */
  #placeOf({ metric, labels }: SeriesSnapshot, places: ReadonlyMap<string, unknown>, max: number) {
    const key = keyOf(metric, labels);
    const overflow = keyOf(metric, OVERFLOW_LABELS);
    if (places.has(key) || places.size < max || key === overflow) return { key, labels };
    this.#tallies.series_overflow++;
    return { key: overflow, labels: OVERFLOW_LABELS };
  }
}

function keyOf(metric: string, labels: SeriesSnapshot['labels']): string {
  return [metric, ...Object.entries(labels).flat()].join('\0');
}

function zeroTallies(): Record<Tally, number> {
  return Object.fromEntries(TALLIES.map((tally) => [tally, 0])) as Record<Tally, number>;
}
