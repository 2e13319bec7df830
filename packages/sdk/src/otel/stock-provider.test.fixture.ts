import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  type ApiSpanRecord,
  DEFAULT_RECORDER_OPTIONS,
  Recorder,
  RegionReader,
  ScopeRecorder,
  type TickRecord,
  totalCount,
} from '@tickscope/core/internal';
import { StageRatioSampler } from './sampling/stage-ratio-sampler.js';
import { TickscopeSpanProcessor } from './span-processor.js';
import type { TickscopeSpanProcessorOptions } from './span-processor-options.js';

interface SetUp {
  readonly options?: TickscopeSpanProcessorOptions;
  readonly ratio?: number;
  readonly symbolLimit?: number;
  readonly others?: readonly SpanProcessor[];
}

/** A stock provider with the processor in it, and the reading side of its recorder. */
export function setUp({ options = {}, ratio = 1, symbolLimit = 0, others = [] }: SetUp = {}) {
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    key: Uint32Array.of(1, 2, 3, 4),
    abandonAfterMillis: 60_000,
    symbolLimit,
  });
  let flushes = 0;
  const scope = new ScopeRecorder(
    recorder,
    { stages: ['fetch_md', 'spread', 'guards', 'emit'], guardReasons: ['stale'], deadlineMs: 1_000 },
    {
      address: Promise.resolve(undefined),
      flush: async () => {
        flushes++;
      },
      shutdown: async () => {},
    },
  );
  const processor = new TickscopeSpanProcessor(scope, options);
  const provider = new BasicTracerProvider({
    sampler: new StageRatioSampler({ ratio }),
    spanProcessors: [processor satisfies SpanProcessor, ...others],
  });
  const reader = new RegionReader(recorder.region.buffer);
  const ticks = (): TickRecord[] => {
    const records: TickRecord[] = [];
    reader.definitions.refresh();
    for (let view = reader.nextFrame(); view !== undefined; view = reader.nextFrame()) {
      records.push(reader.decoder.tick(view, { threshold: reader.samplingThreshold }, 0n));
    }
    return records;
  };
  /** What came beside the ticks' frames. */
  const apiSpans = (): ApiSpanRecord[] => {
    const records: ApiSpanRecord[] = [];
    for (let frame = reader.spanRing.next(); frame !== undefined; frame = reader.spanRing.next()) {
      records.push(reader.spanDecoder.decode(frame));
    }
    return records;
  };
  /** `name{labels}`: count of a histogram, value of a counter. Zeros are left out. */
  const series = (): Record<string, number> => {
    const values: Record<string, number> = {};
    for (const one of reader.series()) {
      const value = one.type === 'histogram' ? totalCount(one.cells) : one.value;
      if (value > 0) values[`${one.metric}{${Object.values(one.labels).join(',')}}`] = value;
    }
    return values;
  };
  return {
    scope,
    processor,
    provider,
    reader,
    ticks,
    apiSpans,
    series,
    tracer: provider.getTracer('bot'),
    flushes: () => flushes,
  };
}
