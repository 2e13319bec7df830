import type { Mode } from '../api.js';
import { DefinitionWriter } from '../memory/definitions.js';
import { CELL_SHIFT } from '../memory/histogram.js';
import {
  C_GAUGE_EPOCH,
  C_MODE,
  DROPPED_MAX,
  DROPPED_SHIFT,
  F_FLAGS_WORD,
  F_SIZE_WORD,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  H_KEY,
  H_LANE,
  H_PRIORITY_AT,
  H_PRIORITY_SLOTS,
  H_RING_AT,
  H_RING_SLOTS,
  HISTOGRAM_CELLS,
  HISTOGRAM_MAX,
  HISTOGRAM_SUM,
  KIND_SHIFT,
  MODE_OFF,
  MODES,
  ONE_SPAN,
  type OverflowStrategy,
  PRIVATE_DOUBLES,
  SLOT_DOUBLES,
  type Tally,
  tallyAt,
  W_PARALLEL_EPOCH,
  W_PARALLEL_MAX,
  W_PARALLEL_SYMBOLS,
} from '../memory/layout.js';
import { createRegion, DEFAULT_SIZES, type Region, type RegionSizes } from '../memory/region.js';
import { RingWriter } from '../memory/ring-writer.js';
import { storeThreshold, thresholdOf } from '../sampling.js';
import { type Ambient, TickStorage } from './ambient.js';
import { HandlePool } from './handle-pool.js';
import { InFlightTable } from './in-flight-table.js';
import { NameTable } from './names.js';
import { OperationTable } from './operation.js';
import { type HistogramSeries, SeriesTable } from './series.js';
import { StageHandle } from './stage-handle.js';
import { TickHandle } from './tick-handle.js';

export interface RecorderOptions {
  readonly mode: Mode;
  /** 0…1. */
  readonly sampleRatio: number;
  readonly overflow: OverflowStrategy;
  readonly sizes: RegionSizes;
  /** An open tick older than this may be closed as `abandoned` when its slot is needed. */
  readonly abandonAfterMillis: number;
  /** Ambient context per stage instead of per tick. */
  readonly ambientStages: boolean;
  /** Never recycle handles: use after end is then always detected. */
  readonly debugHandles: boolean;
  /** 128 random bits, the same for every trading thread of the process. */
  readonly key: Uint32Array;
  /** 1…65 535, unique per trading thread. */
  readonly lane: number;
}

export const DEFAULT_RECORDER_OPTIONS: Omit<RecorderOptions, 'key'> = {
  mode: 'sampled',
  sampleRatio: 1,
  overflow: 'drop',
  sizes: DEFAULT_SIZES,
  abandonAfterMillis: 60_000,
  ambientStages: false,
  debugHandles: false,
  lane: 1,
};

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

const PRIVATE_WORDS = PRIVATE_DOUBLES * 2;

/**
 * One trading thread's recorder: the memory, what lies where in it, and the few writes that everything
 * else is made of. It never throws, and after set-up allocates only when something is seen for the first
 * time.
 */
export class Recorder {
  readonly region: Region;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly key: Uint32Array;
  readonly lane: number;
  readonly ring: RingWriter;
  readonly priorityRing: RingWriter;
  readonly names: NameTable;
  readonly series: SeriesTable;
  readonly definitions: DefinitionWriter;
  readonly inFlight: InFlightTable;
  readonly operations: OperationTable;
  readonly ticks: HandlePool<TickHandle>;
  readonly stages: HandlePool<StageHandle>;
  readonly ambientStages: boolean;
  ambient: Ambient = new TickStorage();
  /** Open ticks by symbol id. */
  readonly #symbolOpen = new Int32Array(0x1_0000);

  constructor(options: RecorderOptions) {
    const region = createRegion(options.sizes, options);
    const { i32 } = region;
    this.region = region;
    this.i32 = i32;
    this.f64 = region.f64;
    this.key = new Uint32Array(region.buffer, H_KEY * 4, 4);
    this.lane = i32[H_LANE];
    this.definitions = new DefinitionWriter(region);
    this.names = new NameTable(this.definitions, () => this.count('names_overflow'));
    this.series = new SeriesTable(region, this.definitions, () => this.count('series_overflow'));
    this.ring = new RingWriter(region, i32[H_RING_AT], i32[H_RING_SLOTS], options.overflow);
    // What is in the priority ring is never overwritten: it is refused and then takes its chance in the other.
    this.priorityRing = new RingWriter(region, i32[H_PRIORITY_AT], i32[H_PRIORITY_SLOTS], 'drop');
    this.operations = new OperationTable(this);
    this.ambientStages = options.ambientStages;
    this.ticks = new HandlePool(() => new TickHandle(this, true), !options.debugHandles);
    this.stages = new HandlePool(() => new StageHandle(true), !options.debugHandles);
    this.inFlight = new InFlightTable(this, options.abandonAfterMillis);
    this.setMode(options.mode);
    this.setSampleRatio(options.sampleRatio);
  }

  get mode(): Mode {
    return MODES[this.i32[C_MODE]];
  }

  get isOff(): boolean {
    return this.i32[C_MODE] === MODE_OFF;
  }

  setMode(mode: Mode): void {
    const code = MODES.indexOf(mode);
    if (code < 0) this.count('arguments_ignored');
    else Atomics.store(this.i32, C_MODE, code);
  }

  setSampleRatio(ratio: number): void {
    if (!(ratio >= 0 && ratio <= 1)) this.count('arguments_ignored');
    else storeThreshold(this.i32, thresholdOf(ratio));
  }

  count(tally: Tally, amount = 1): void {
    this.f64[tallyAt(tally)] += amount;
  }

  /** Adds a duration to a histogram's cells: the arithmetic of `cellIndex`, over shared memory. */
  record(series: HistogramSeries, millis: number): void {
    const f64 = this.f64;
    scratch[0] = millis;
    let cell = ((scratchWords[1] - (scratchWords[0] === 0 ? 1 : 0)) >>> CELL_SHIFT) - series.first;
    if (!(millis > 0) || cell < 0) cell = 0;
    else if (cell > series.last) cell = series.last;
    const at = series.at;
    f64[at + HISTOGRAM_CELLS + cell]++;
    f64[at + HISTOGRAM_SUM] += millis;
    if (millis > f64[at + HISTOGRAM_MAX]) f64[at + HISTOGRAM_MAX] = millis;
  }

  /**
   * Appends a span to the frame under construction of the in-flight slot at double `at`.
   * @returns the record's double index, or -1 when the frame is full.
   */
  appendSpan(at: number, name: number, kind: number, parent: number, start: number, end: number): number {
    const i32 = this.i32;
    const frame = at * 2 + PRIVATE_WORDS;
    const size = i32[frame + F_SIZE_WORD];
    const slots = size & 0xffff;
    if (slots >= FRAME_MAX_SLOTS) return this.#refuseSpan(frame, size);
    i32[frame + F_SIZE_WORD] = size + ONE_SPAN;
    return this.#writeSpan(at, slots, name, kind, parent, start, end, slots - FRAME_HEADER_SLOTS + 1);
  }

  /** As `appendSpan`, for a span whose index was taken when it started. */
  appendIndexedSpan(
    at: number,
    name: number,
    kind: number,
    parent: number,
    start: number,
    end: number,
    index: number,
  ): number {
    const frame = at * 2 + PRIVATE_WORDS;
    const size = this.i32[frame + F_SIZE_WORD];
    const slots = size & 0xffff;
    if (slots >= FRAME_MAX_SLOTS) return this.#refuseSpan(frame, size);
    this.i32[frame + F_SIZE_WORD] = size + ONE_SPAN;
    return this.#writeSpan(at, slots, name, kind, parent, start, end, index);
  }

  #writeSpan(
    at: number,
    slots: number,
    name: number,
    kind: number,
    parent: number,
    start: number,
    end: number,
    index: number,
  ): number {
    const i32 = this.i32;
    const f64 = this.f64;
    const record = at + PRIVATE_DOUBLES + slots * SLOT_DOUBLES;
    f64[record] = start;
    f64[record + 1] = end;
    const word = record * 2;
    i32[word + 4] = name | (kind << KIND_SHIFT);
    i32[word + 5] = parent;
    i32[word + 6] = index;
    i32[word + 7] = 0;
    return record;
  }

  #refuseSpan(frame: number, size: number): number {
    const i32 = this.i32;
    if ((i32[frame + F_FLAGS_WORD] & FLAG_UNTRACED) !== 0) {
      // Not traced at all: only the number of its spans is kept, for the ledger.
      if (size >>> 16 < 0xffff) i32[frame + F_SIZE_WORD] = size + 0x1_0000;
      return -1;
    }
    this.count('spans_recorded');
    this.count('spans_tick_limit');
    const flags = i32[frame + F_FLAGS_WORD];
    if (flags >>> DROPPED_SHIFT < DROPPED_MAX) i32[frame + F_FLAGS_WORD] = flags + (1 << DROPPED_SHIFT);
    return -1;
  }

  /** The span index of the record at this double index; 0, the root, for a refused one. */
  indexAt(record: number): number {
    return record < 0 ? 0 : this.i32[record * 2 + 6] & 0xffff;
  }

  /** Copies a frame to the ring it belongs to and accounts for it. */
  publish(frameAt: number, isUrgent: boolean): void {
    const size = this.i32[frameAt * 2 + F_SIZE_WORD];
    const slots = size & 0xffff;
    const spans = size >>> 16;
    const f64 = this.f64;
    f64[RECORDED] += spans;
    if (isUrgent && this.priorityRing.write(frameAt, slots)) return;
    if (this.ring.write(frameAt, slots)) return;
    f64[RING_FULL_SPANS] += spans;
    f64[RING_FULL_FRAMES]++;
  }

  symbolOpened(symbol: number): void {
    if (this.#symbolOpen[symbol]++ !== 0) return;
    const i32 = this.i32;
    const open = ++i32[W_PARALLEL_SYMBOLS];
    const epoch = i32[C_GAUGE_EPOCH];
    if (i32[W_PARALLEL_EPOCH] !== epoch) {
      // The reader has taken the last maximum; ordering: the new maximum before the epoch it belongs to.
      i32[W_PARALLEL_MAX] = open;
      Atomics.store(i32, W_PARALLEL_EPOCH, epoch);
    } else if (open > i32[W_PARALLEL_MAX]) {
      i32[W_PARALLEL_MAX] = open;
    }
  }

  symbolClosed(symbol: number): void {
    if (--this.#symbolOpen[symbol] === 0) this.i32[W_PARALLEL_SYMBOLS]--;
  }
}

const RECORDED = tallyAt('spans_recorded');
const RING_FULL_SPANS = tallyAt('spans_ring_full');
const RING_FULL_FRAMES = tallyAt('frames_ring_full');
