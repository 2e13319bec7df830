import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { register, StageRatioSampler, TickscopeSpanProcessor } from '../../../packages/sdk/dist/index.js';
import { GUARD_REASON, STAGES, symbolOf, tripsGuard } from './workload.mjs';

/**
 * A stock provider, the same for all, and what takes its ended spans away: nothing, OpenTelemetry's batch processor
 * with an OTLP exporter, or Tickscope's. `spans` of the workload are ticks with their stages, or requests with
 * attributes and an event, which are no stages. All are sampled: every span is delivered.
 */
export function create({ processor, spans, endpoint }) {
  const { spanProcessors, settle, lost } = PROCESSORS[processor](endpoint);
  const provider = new BasicTracerProvider({
    sampler: new StageRatioSampler({ ratio: 1 }),
    spanProcessors,
  });
  const tracer = provider.getTracer('bench');
  return { tick: spans === 'stages' ? stages : requests, settle, lost };

  function stages(index) {
    const root = tracer.startSpan('tick_total', { attributes: { symbol: symbolOf(index) } }, ROOT_CONTEXT);
    const context = trace.setSpan(ROOT_CONTEXT, root);
    for (const stage of STAGES) tracer.startSpan(stage, undefined, context).end();
    if (tripsGuard(index)) root.addEvent('guard_trip', { reason: GUARD_REASON });
    root.end();
  }

  function requests(index) {
    const root = request(index, ROOT_CONTEXT);
    const context = trace.setSpan(ROOT_CONTEXT, root);
    for (let child = 1; child <= STAGES.length; child++) request(index + child, context).end();
    root.end();
  }

  function request(index, context) {
    const attributes = {
      'http.request.method': 'POST',
      'url.path': '/api/v3/order',
      'http.response.status_code': 200,
      'order.id': `order-${index}`,
    };
    const span = tracer.startSpan('POST /order', { kind: SpanKind.CLIENT, attributes }, context);
    span.addEvent('sent', { bytes: index & 1023 });
    return span;
  }
}

const PROCESSORS = {
  none: () => ({ spanProcessors: [], settle: async () => {}, lost: async () => 0 }),
  json: (endpoint) => batch(new JsonExporter({ url: `${endpoint}/v1/traces` })),
  protobuf: (endpoint) => batch(new ProtobufExporter({ url: `${endpoint}/v1/traces` })),
  tickscope(endpoint) {
    const scope = register({
      service: 'bench',
      stages: STAGES,
      guardReasons: [GUARD_REASON],
      prometheus: { host: '127.0.0.1', port: 0 },
      otlp: { endpoint },
    });
    return {
      spanProcessors: [new TickscopeSpanProcessor(scope)],
      settle: async () => {},
      async lost() {
        const metrics = await (await fetch(`${await scope.address}/metrics`)).text();
        const drops = metrics.matchAll(/^tickscope_spans_dropped_total\{[^}]*\} (\d+)/gm);
        return [...drops].reduce((sum, [, count]) => sum + Number(count), 0);
      },
    };
  },
};

/** The queue never overflows: it is emptied after every burst, as is Tickscope's ring in the pause. */
function batch(exporter) {
  const processor = new BatchSpanProcessor(exporter);
  return { spanProcessors: [processor], settle: () => processor.forceFlush(), lost: async () => 0 };
}
