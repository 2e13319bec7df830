/** A scope without a pipeline, and everything that can be read of it. */
import type { LoopOptions } from './api.js';
import { totalCount } from './memory/histogram.js';
import type { Tally } from './memory/layout.js';
import { RegionReader } from './reading/region-reader.js';
import { DEFAULT_RECORDER_OPTIONS, Recorder, type RecorderOptions } from './recorder/recorder.js';
import { ScopeRecorder } from './recorder/scope-recorder.js';
import type { LateSpanRecord, SeriesSnapshot, TickRecord } from './records.js';
import { renderLateSpan, renderTick } from './span-tree.test.fixture.js';

export const SMALL_SIZES = {
  ...DEFAULT_RECORDER_OPTIONS.sizes,
  ringSlots: 4_096,
  prioritySlots: 1_024,
  inFlightSlots: 64,
  spillSlots: 64,
};

export interface RecordingOptions extends Partial<Omit<RecorderOptions, 'sizes'>> {
  readonly sizes?: Partial<RecorderOptions['sizes']>;
  readonly loop?: LoopOptions;
}

export class Recording {
  readonly recorder: Recorder;
  readonly scope: ScopeRecorder;
  readonly reader: RegionReader;
  readonly lateSpans: LateSpanRecord[] = [];
  #ticks: TickRecord[] = [];

  constructor({ loop = {}, sizes, ...options }: RecordingOptions = {}) {
    this.recorder = new Recorder({
      ...DEFAULT_RECORDER_OPTIONS,
      key: Uint32Array.of(0x0123_4567, 0x89ab_cdef, 0x0f1e_2d3c, 0x4b5a_6978),
      ...options,
      sizes: { ...SMALL_SIZES, ...sizes },
    });
    this.scope = new ScopeRecorder(this.recorder, loop, {
      address: Promise.resolve(undefined),
      flush: async () => {},
      shutdown: async () => {},
    });
    this.reader = new RegionReader(this.recorder.region.buffer);
  }

  /** Reads both rings empty. @returns all ticks so far, in order of their begin. */
  get ticks(): readonly TickRecord[] {
    const { reader } = this;
    const sampling = { threshold: reader.samplingThreshold };
    for (let view = reader.nextFrame(); view !== undefined; view = reader.nextFrame()) {
      if (reader.decoder.facts(view, sampling).isTick)
        this.#ticks.push(reader.decoder.tick(view, sampling, 0n));
      else this.lateSpans.push(reader.decoder.lateSpan(view, sampling, 0n));
    }
    return this.#ticks.sort((a, b) => a.sequence - b.sequence);
  }

  /** Everything that was traced, as text. */
  get text(): string {
    const ticks = this.ticks.map(renderTick);
    return [...ticks, ...this.lateSpans.map(renderLateSpan)].join('\n');
  }

  /** The ticks that are open now, as text. */
  get openText(): string {
    const sampling = { threshold: 0 };
    return [...this.reader.openFrames()]
      .map((view) => renderTick(this.reader.decoder.tick(view, sampling, 0n, performance.now())))
      .join('\n');
  }

  /** Counters and histogram counts that are not zero, one a line and in order. */
  get counts(): string {
    return this.reader
      .series()
      .map((series) => [series, countOf(series)] as const)
      .filter(([, count]) => count !== 0)
      .map(([{ metric, labels }, count]) => `${metric}{${Object.values(labels)}} ${count}`)
      .sort()
      .join('\n');
  }

  /** The tallies that are not zero. */
  get anomalies(): Partial<Record<Tally, number>> {
    const tallies = Object.entries(this.reader.tallies()) as [Tally, number][];
    return Object.fromEntries(tallies.filter(([, count]) => count !== 0));
  }
}

function countOf(series: SeriesSnapshot): number {
  return series.type === 'histogram' ? totalCount(series.cells) : series.value;
}
