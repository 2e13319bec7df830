import type { Mode } from '../api.js';
import { BUCKET_FAMILIES, type BucketFamily } from '../catalogue/buckets.js';
import {
  bindRecordDuration,
  bindRecordStage,
  type RecordDuration,
  type RecordStage,
  type StageCells,
  stageCells,
} from '../memory/cell-writer.js';
import { DefinitionWriter } from '../memory/definitions.js';
import { bindFrameWriter, type FrameWriter } from '../memory/frame-writer.js';
import {
  C_GAUGE_EPOCH,
  C_MODE,
  H_KEY,
  H_LANE,
  MODE_OFF,
  MODES,
  type OverflowStrategy,
  type Tally,
  tallyAt,
  W_PARALLEL_EPOCH,
  W_PARALLEL_MAX,
  W_PARALLEL_SYMBOLS,
} from '../memory/layout.js';
import { createRegion, DEFAULT_SIZES, type Region, type RegionSizes } from '../memory/region.js';
import { storeThreshold, thresholdOf } from '../sampling.js';
import { type Ambient, TickStorage } from './ambient.js';
import { HandlePool } from './handle-pool.js';
import type { StageHandle, TickHandle } from './handles.js';
import { InFlightTable } from './in-flight-table.js';
import { NameTable } from './names.js';
import { OperationTable } from './operation.js';
import { bindPublisher, type Publisher } from './publish.js';
import { SeriesTable } from './series.js';
import { bindRunStage, bindStageHandle, type RunStage } from './stage-handle.js';
import { bindTickHandle, type TickHandleClass } from './tick-handle.js';

export interface RecorderOptions {
  readonly mode: Mode;
  /** 0…1. */
  readonly sampleRatio: number;
  readonly overflow: OverflowStrategy;
  readonly sizes: RegionSizes;
  /** An open tick older than this may be closed as `abandoned` when its slot is needed. */
  readonly abandonAfterMillis: number;
  /**
   * Symbols whose stages and misses are counted apart, in each loop; 0 for none. Stages then have half as
   * many cells each. What it needs of memory is to be in `sizes`, see `cellsFor` and `definitionBytesFor`.
   */
  readonly symbolLimit: number;
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
  symbolLimit: 0,
  ambientStages: false,
  debugHandles: false,
  lane: 1,
};

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
  readonly recordDuration: RecordDuration;
  /** Of every histogram of stages: the same code adds to all of them. */
  readonly stageFamily: BucketFamily;
  readonly stageCells: StageCells;
  readonly recordStage: RecordStage;
  readonly placeSpan: FrameWriter['placeSpan'];
  readonly commitSpan: FrameWriter['commitSpan'];
  readonly publish: Publisher['publish'];
  readonly publishInRing: Publisher['publishInRing'];
  readonly names: NameTable;
  readonly series: SeriesTable;
  readonly definitions: DefinitionWriter;
  readonly inFlight: InFlightTable;
  readonly operations: OperationTable;
  readonly ticks: HandlePool<TickHandle>;
  readonly stages: HandlePool<StageHandle>;
  readonly Tick: TickHandleClass;
  readonly runStage: RunStage;
  readonly ambientStages: boolean;
  readonly symbolLimit: number;
  /** Series of their own that symbols may still get: one for each loop that a symbol ticks in. */
  symbolsLeft: number;
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
    this.symbolLimit = options.symbolLimit;
    this.symbolsLeft = options.symbolLimit;
    this.stageFamily = options.symbolLimit > 0 ? BUCKET_FAMILIES.compute_coarse : BUCKET_FAMILIES.compute;
    this.stageCells = stageCells(this.stageFamily);
    this.recordDuration = bindRecordDuration(region.f64);
    this.recordStage = bindRecordStage(region.f64, this.stageCells);
    const frames = bindFrameWriter(region);
    this.placeSpan = frames.placeSpan;
    this.commitSpan = frames.commitSpan;
    this.operations = new OperationTable(this);
    this.ambientStages = options.ambientStages;
    this.inFlight = new InFlightTable(this, options.abandonAfterMillis);
    const publisher = bindPublisher(this);
    this.publish = publisher.publish;
    this.publishInRing = publisher.publishInRing;
    this.stages = new HandlePool(!options.debugHandles);
    this.ticks = new HandlePool(!options.debugHandles);
    const Stage = bindStageHandle(this);
    this.runStage = bindRunStage(this, Stage);
    this.Tick = bindTickHandle(this);
    this.stages.fill((place) => new Stage(place));
    this.ticks.fill((place) => new this.Tick(place));
    this.setSampleRatio(options.sampleRatio);
    this.setMode(options.mode);
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

  /** In mode `full`, a ratio below 1 makes the mode `sampled`: it would have no effect otherwise. */
  setSampleRatio(ratio: number): void {
    if (!(typeof ratio === 'number' && ratio >= 0 && ratio <= 1)) return this.count('arguments_ignored');
    storeThreshold(this.i32, thresholdOf(ratio));
    if (ratio < 1 && this.mode === 'full') this.setMode('sampled');
  }

  count(tally: Tally, amount = 1): void {
    this.f64[tallyAt(tally)] += amount;
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
