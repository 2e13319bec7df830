import { cellCount } from '../memory/histogram.js';
import {
  C_GAUGE_EPOCH,
  C_MODE,
  F_DEADLINE,
  F_GENERATION_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  FRAME_MAX_SLOTS,
  H_IN_FLIGHT_AT,
  H_IN_FLIGHT_SLOTS,
  H_KEY,
  H_LANE,
  H_OVERFLOW,
  H_PRIORITY_AT,
  H_PRIORITY_SLOTS,
  H_RING_AT,
  H_RING_SLOTS,
  H_SPILL_AT,
  H_SPILL_SLOTS,
  HISTOGRAM_CELLS,
  HISTOGRAM_MAX,
  HISTOGRAM_SUM,
  IN_FLIGHT_SLOT_DOUBLES,
  MODE_FULL,
  MODE_OFF,
  MODES,
  R_GENERATION,
  R_PUBLISHED,
  RING_CONTROL_BYTES,
  SLOT_DOUBLES,
  SPILL_SLOT_DOUBLES,
  TALLIES,
  type Tally,
  tallyAt,
  W_LAST_END,
  W_PARALLEL_EPOCH,
  W_PARALLEL_MAX,
  W_PARALLEL_SYMBOLS,
} from '../memory/layout.js';
import { checkRegion, openRegion, type Region } from '../memory/region.js';
import { type FrameView, RingReader } from '../memory/ring-reader.js';
import { SpanRingReader } from '../memory/span-ring.js';
import type { SeriesSnapshot } from '../records.js';
import { loadThreshold } from '../sampling.js';
import { DefinitionIndex, type LoopDefinition, type SeriesDefinition } from './definition-index.js';
import { FrameDecoder } from './frame-decoder.js';
import { SpanFrameDecoder } from './span-frame-decoder.js';

interface OpenPlace {
  /** Double index of the frame. */
  readonly at: number;
  /** Int32 index of what changes when the tick ends or moves, and what it was. */
  readonly generationWord: number;
  readonly generation: number;
}

/** The reading side of one trading thread's region. */
export class RegionReader {
  readonly #region: Region;
  /** Symbols with an open tick when the maximum was last taken. */
  #symbolsAtEpoch = 0;
  #lastThreshold: number | undefined;
  readonly lane: number;
  readonly definitions: DefinitionIndex;
  readonly decoder: FrameDecoder;
  readonly ring: RingReader;
  readonly priorityRing: RingReader;
  /** Spans of OpenTelemetry's API. */
  readonly spanRing: SpanRingReader;
  readonly spanDecoder: SpanFrameDecoder;

  constructor(buffer: SharedArrayBuffer) {
    const region = openRegion(buffer);
    checkRegion(region);
    const { i32 } = region;
    this.#region = region;
    this.lane = i32[H_LANE];
    this.definitions = new DefinitionIndex(region);
    // A copy: ids are computed for as long as a tick is kept, which may be longer than its thread lives.
    const key = Uint32Array.from(new Uint32Array(buffer, H_KEY * 4, 4));
    this.decoder = new FrameDecoder(key, this.lane, this.definitions);
    const overflow = i32[H_OVERFLOW] === 1 ? 'overwrite' : 'drop';
    this.ring = new RingReader(region, i32[H_RING_AT], i32[H_RING_SLOTS], overflow);
    this.priorityRing = new RingReader(region, i32[H_PRIORITY_AT], i32[H_PRIORITY_SLOTS], 'drop');
    this.spanRing = new SpanRingReader(region);
    this.spanDecoder = new SpanFrameDecoder(region, key, this.lane);
  }

  get mode(): (typeof MODES)[number] {
    return MODES[this.#region.i32[C_MODE]];
  }

  /** Nobody will read any more: the thread's scope goes on as a no-op. What it has recorded is sampled as before. */
  switchOff(): void {
    this.#lastThreshold = this.samplingThreshold;
    Atomics.store(this.#region.i32, C_MODE, MODE_OFF);
  }

  /** The rejection threshold in force, 0…2^32. */
  get samplingThreshold(): number {
    if (this.#lastThreshold !== undefined) return this.#lastThreshold;
    return this.#region.i32[C_MODE] === MODE_FULL ? 0 : loadThreshold(this.#region.i32);
  }

  /** Spans of all ticks that ended, of all operations on their own and of the API, whatever became of them. */
  get spansRecorded(): number {
    return (
      this.ring.unitsWritten +
      this.priorityRing.unitsWritten +
      this.tally('spans_ring_full') +
      this.tally('spans_in_flight_full') +
      this.tally('spans_tick_limit') +
      this.spanRing.spansWritten +
      this.tally('api_spans_ring_full')
    );
  }

  /** Of these, what has left the rings: read by this reader or an earlier one, or overwritten. */
  get spansTaken(): number {
    return this.ring.unitsTaken + this.priorityRing.unitsTaken + this.spanRing.spansTaken;
  }

  tally(tally: Tally): number {
    return this.#region.f64[tallyAt(tally)];
  }

  tallies(): Record<Tally, number> {
    return Object.fromEntries(TALLIES.map((tally) => [tally, this.tally(tally)])) as Record<Tally, number>;
  }

  /** `performance.now()` at which a tick last began or ended; 0 before the first. */
  get lastActivityMillis(): number {
    let last = this.#region.f64[W_LAST_END];
    for (const { at } of this.#openPlaces()) last = Math.max(last, this.#region.f64[at + F_START]);
    return last;
  }

  /** Ticks that are open now, those beyond the in-flight table included. */
  get openTicks(): number {
    const { i32 } = this.#region;
    let open = 0;
    for (const _ of this.#openPlaces()) open++;
    for (
      let slot = 0, at = i32[H_SPILL_AT] / 8;
      slot < i32[H_SPILL_SLOTS];
      slot++, at += SPILL_SLOT_DOUBLES
    ) {
      if ((i32[at * 2 + F_GENERATION_WORD] & 1) === 1) open++;
    }
    return open;
  }

  get parallelSymbols(): number {
    return this.#region.i32[W_PARALLEL_SYMBOLS];
  }

  /**
   * The maximum of symbols with an open tick since the last call, those open then included. A tick that
   * begins and ends within the nanoseconds of the call may be missed: the writer does not pay for a fence.
   */
  takeParallelMaximum(): number {
    const { i32 } = this.#region;
    const epoch = i32[C_GAUGE_EPOCH];
    const atStart = this.#symbolsAtEpoch;
    const before = this.#maximumIn(epoch);
    Atomics.store(i32, C_GAUGE_EPOCH, (epoch + 1) | 0);
    // Again: this thread may have been suspended since.
    const after = this.#maximumIn(epoch);
    this.#symbolsAtEpoch = i32[W_PARALLEL_SYMBOLS];
    return Math.max(atStart, before, after, this.#symbolsAtEpoch);
  }

  /** Of the ticks that began in an epoch; 0 if none did, or if the next one has begun. */
  #maximumIn(epoch: number): number {
    const { i32 } = this.#region;
    return Atomics.load(i32, W_PARALLEL_EPOCH) === epoch ? i32[W_PARALLEL_MAX] : 0;
  }

  loops(): Iterable<LoopDefinition> {
    this.definitions.refresh();
    return this.definitions.loops;
  }

  /** The next frame, urgent ones first; undefined when there is none. Valid until the next call. */
  nextFrame(): FrameView | undefined {
    if (this.priorityRing.next()) return this.priorityRing.view;
    return this.ring.next() ? this.ring.view : undefined;
  }

  /** The frames under construction of the ticks that are open now. */
  openFrames(): Generator<FrameView> {
    return this.#openFrames(Number.POSITIVE_INFINITY, 0);
  }

  /** Sequences of the ticks that are open now and have room for records. */
  openSequences(): Set<number> {
    const sequences = new Set<number>();
    for (const { at } of this.#openPlaces()) sequences.add(this.#region.f64[at + F_SEQUENCE]);
    return sequences;
  }

  /** Of those, the ones open for longer than their deadline or, without one, than `fallbackMillis`. */
  overdueFrames(nowMillis: number, fallbackMillis: number): Generator<FrameView> {
    return this.#openFrames(nowMillis, fallbackMillis);
  }

  *#openFrames(nowMillis: number, fallbackMillis: number): Generator<FrameView> {
    const { i32, f64 } = this.#region;
    for (const { at, generationWord, generation } of this.#openPlaces()) {
      const deadline = f64[at + F_DEADLINE];
      const limit = Number.isFinite(deadline) ? deadline : fallbackMillis;
      if (nowMillis - f64[at + F_START] <= limit) continue;
      // Before the records: the writer adds to it when one is whole.
      const size = Atomics.load(i32, at * 2 + F_SIZE_WORD);
      const copy = f64.slice(at, at + FRAME_MAX_SLOTS * SLOT_DOUBLES);
      // Or else the tick ended or moved, and another may have begun, while it was copied.
      if (Atomics.load(i32, generationWord) !== generation) continue;
      const view = { f64: copy, i32: new Int32Array(copy.buffer) };
      view.i32[F_SIZE_WORD] = size;
      yield view;
    }
  }

  /** Where the ticks are that are open and have room for records: in slots, and one at the head of the ring. */
  *#openPlaces(): Generator<OpenPlace> {
    const { i32 } = this.#region;
    const control = i32[H_RING_AT] / 4;
    const ringGeneration = Atomics.load(i32, control + R_GENERATION);
    if ((ringGeneration & 1) === 1) {
      const position = Atomics.load(i32, control + R_PUBLISHED) & (i32[H_RING_SLOTS] - 1);
      const at = (i32[H_RING_AT] + RING_CONTROL_BYTES) / 8 + position * SLOT_DOUBLES;
      yield { at, generationWord: control + R_GENERATION, generation: ringGeneration };
    }
    const first = i32[H_IN_FLIGHT_AT] / 8;
    for (let slot = 0; slot < i32[H_IN_FLIGHT_SLOTS]; slot++) {
      const at = first + slot * IN_FLIGHT_SLOT_DOUBLES;
      const generationWord = at * 2 + F_GENERATION_WORD;
      const generation = Atomics.load(i32, generationWord);
      if ((generation & 1) === 1) yield { at, generationWord, generation };
    }
  }

  series(): SeriesSnapshot[] {
    return this.seriesDefinitions().map((definition) => this.readSeries(definition));
  }

  /** Every series defined by now, to be read one by one. Grows. */
  seriesDefinitions(): readonly SeriesDefinition[] {
    this.definitions.refresh();
    return this.definitions.series;
  }

  readSeries({ metric, labels, type, family, at }: SeriesDefinition): SeriesSnapshot {
    const { f64 } = this.#region;
    if (type !== 'histogram' || family === undefined) {
      return { metric, labels, type: type as 'counter' | 'gauge', value: f64[at] };
    }
    const cells = at + HISTOGRAM_CELLS;
    return {
      metric,
      labels,
      type: 'histogram',
      family,
      cells: f64.slice(cells, cells + cellCount(family)),
      sum: f64[at + HISTOGRAM_SUM],
      max: f64[at + HISTOGRAM_MAX],
    };
  }
}
