import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { createApiTicks } from './api-spans.mjs';

/** Takes what is exported and forgets it: the figures are then without serialisation, in the SDK's favour. */
class DiscardingExporter {
  export(_spans, done) {
    done({ code: 0 });
  }
  async shutdown() {}
}

/** OpenTelemetry JS as its documentation sets it up, BatchSpanProcessor with its defaults. */
export function create({ style, ratio }) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [new BatchSpanProcessor(new DiscardingExporter())],
    }),
  );
  return { tick: createApiTicks(trace.getTracer('bench'))[style] };
}
