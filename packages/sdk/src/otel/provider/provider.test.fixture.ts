/** A provider without a pipeline, and everything that can be read of it. */
import { type ContextManager, context, type Tracer } from '@opentelemetry/api';
import {
  type ApiSpanRecord,
  DEFAULT_RECORDER_OPTIONS,
  Recorder,
  type RecorderOptions,
  RegionReader,
  ScopeRecorder,
  type SpanLimits,
} from '@tickscope/core/internal';
import { TickContextManager } from '../ambient.js';
import { type SpanRecorder, spanRecorderOf } from './span-recorder.js';
import { TickscopeTracerProvider } from './tracer-provider.js';

export class ProviderUnderTest implements Disposable {
  readonly recorder: Recorder;
  readonly scope: ScopeRecorder;
  readonly reader: RegionReader;
  readonly spans: SpanRecorder;
  readonly provider: TickscopeTracerProvider;
  readonly tracer: Tracer;

  constructor(options: Partial<RecorderOptions> = {}, limits: Partial<SpanLimits> = {}) {
    this.recorder = new Recorder({
      ...DEFAULT_RECORDER_OPTIONS,
      key: Uint32Array.of(1, 2, 3, 4),
      ...options,
    });
    const manager = new TickContextManager();
    context.setGlobalContextManager(manager as ContextManager);
    this.recorder.ambient = manager;
    this.scope = new ScopeRecorder(
      this.recorder,
      {},
      { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} },
    );
    this.reader = new RegionReader(this.recorder.region.buffer);
    this.spans = spanRecorderOf(this.recorder);
    this.spans.limits = { ...this.spans.limits, ...limits };
    this.provider = new TickscopeTracerProvider({ spans: this.spans, manager });
    this.tracer = this.provider.getTracer('bot', '1.0');
  }

  /** What has ended since the last call. */
  read(): ApiSpanRecord[] {
    const { spanRing, spanDecoder } = this.reader;
    const records: ApiSpanRecord[] = [];
    for (let frame = spanRing.next(); frame !== undefined; frame = spanRing.next()) {
      records.push(spanDecoder.decode(frame));
    }
    return records;
  }

  /** The one span that has ended since the last call. */
  readOne(): ApiSpanRecord {
    const records = this.read();
    if (records.length !== 1) throw new Error(`${records.length} spans instead of one`);
    return records[0];
  }

  [Symbol.dispose](): void {
    context.disable();
  }
}
