import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { GUARD_REASON, STAGES, symbolOf, tripsGuard } from './workload.mjs';

/** Takes what is exported and forgets it: hot figures are then without serialisation, in the SDK's favour. */
class DiscardingExporter {
  export(_spans, done) {
    done({ code: 0 });
  }
  async shutdown() {}
}

/** An instrument without a reader is free; this one reads only when asked. */
class OnDemandReader extends MetricReader {
  async onShutdown() {}
  async onForceFlush() {}
}

/**
 * OpenTelemetry JS as its documentation sets it up: BatchSpanProcessor with its defaults, parent-based ratio
 * sampler, AsyncLocalStorage context, explicit-bucket histograms.
 *
 * Styles: `active` nests startActiveSpan; `explicit` passes contexts by hand, the cheapest way through the API;
 * `awaited` awaits every stage; `metrics` records the five durations only.
 */
export function create({ style, ratio = 1, endpoint }) {
  const resource = resourceFromAttributes({ 'service.name': 'bench' });
  const processor = new BatchSpanProcessor(
    endpoint === undefined
      ? new DiscardingExporter()
      : new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }),
  );
  const provider = new BasicTracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  });
  if (style !== 'explicit') {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }
  const tracer = provider.getTracer('bench');
  const meter = new MeterProvider({ resource, readers: [new OnDemandReader()] }).getMeter('bench');
  const histogram = meter.createHistogram('mm_stage_duration_ms', { unit: 'ms' });
  const trips = meter.createCounter('mm_guard_trips_total');
  const labels = Object.fromEntries([...STAGES, 'tick_total'].map((stage) => [stage, { stage }]));
  const tripLabels = { reason: GUARD_REASON };

  const tick = { active: activeTick, explicit: explicitTick, awaited: awaitedTick, metrics: metricsTick }[
    style
  ];
  return { tick, insideSpan: (fn) => tracer.startActiveSpan('tick_total', fn) };

  function activeStage(name) {
    tracer.startActiveSpan(name, (span) => {
      const begin = performance.now();
      histogram.record(performance.now() - begin, labels[name]);
      span.end();
    });
  }

  function activeTick(index) {
    tracer.startActiveSpan('tick_total', { attributes: { symbol: symbolOf(index) } }, (span) => {
      const begin = performance.now();
      activeStage('fetch_md');
      activeStage('spread');
      activeStage('guards');
      if (tripsGuard(index)) trips.add(1, tripLabels);
      activeStage('emit');
      histogram.record(performance.now() - begin, labels.tick_total);
      span.end();
    });
  }

  function explicitStage(name, parent) {
    const span = tracer.startSpan(name, undefined, parent);
    const begin = performance.now();
    histogram.record(performance.now() - begin, labels[name]);
    span.end();
  }

  function explicitTick(index) {
    const span = tracer.startSpan(
      'tick_total',
      { attributes: { symbol: symbolOf(index) } },
      context.active(),
    );
    const begin = performance.now();
    const parent = trace.setSpan(context.active(), span);
    explicitStage('fetch_md', parent);
    explicitStage('spread', parent);
    explicitStage('guards', parent);
    if (tripsGuard(index)) trips.add(1, tripLabels);
    explicitStage('emit', parent);
    histogram.record(performance.now() - begin, labels.tick_total);
    span.end();
  }

  function awaitedStage(name) {
    return tracer.startActiveSpan(name, async (span) => {
      const begin = performance.now();
      await undefined;
      histogram.record(performance.now() - begin, labels[name]);
      span.end();
    });
  }

  function awaitedTick(index) {
    return tracer.startActiveSpan('tick_total', { attributes: { symbol: symbolOf(index) } }, async (span) => {
      const begin = performance.now();
      await awaitedStage('fetch_md');
      await awaitedStage('spread');
      await awaitedStage('guards');
      if (tripsGuard(index)) trips.add(1, tripLabels);
      await awaitedStage('emit');
      histogram.record(performance.now() - begin, labels.tick_total);
      span.end();
    });
  }

  function metricsTick(index) {
    const begin = performance.now();
    const first = performance.now();
    histogram.record(first - begin, labels.fetch_md);
    const second = performance.now();
    histogram.record(second - first, labels.spread);
    const third = performance.now();
    histogram.record(third - second, labels.guards);
    const fourth = performance.now();
    histogram.record(fourth - third, labels.emit);
    if (tripsGuard(index)) trips.add(1, tripLabels);
    histogram.record(performance.now() - begin, labels.tick_total);
  }
}
