import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { RecordAlwaysSampler, register, StageRatioSampler, TickscopeSpanProcessor } from '@tickscope/sdk';
import { OtlpReceiver, type ReceivedSpan } from '@tickscope-test/support';
import { afterEach, beforeEach, expect, test } from 'vitest';

let receiver: OtlpReceiver;
let stop: (() => Promise<void>) | undefined;

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
});

afterEach(async () => {
  await stop?.();
  await receiver[Symbol.asyncDispose]();
});

function start(ratio: number) {
  const scope = register({
    service: 'stock-bot',
    stages: ['fetch_md', 'spread', 'guards', 'emit'],
    guardReasons: ['stale'],
    deadlineMs: 1_000,
    prometheus: false,
    otlp: { endpoint: receiver.endpoint },
  });
  const provider = new BasicTracerProvider({
    sampler: new RecordAlwaysSampler(new StageRatioSampler({ ratio })),
    spanProcessors: [new TickscopeSpanProcessor(scope)],
  });
  stop = () => scope.shutdown();
  return { scope, provider, tracer: provider.getTracer('bot', '1.0') };
}

const tree = (spans: readonly ReceivedSpan[]) => {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ name, parentSpanId }) => `${names.get(parentSpanId ?? '') ?? '-'} > ${name}`).sort();
};

test('a stock bot’s spans arrive whole: ticks, stages beyond a frame, late ones, and all others', async () => {
  const { provider, tracer } = start(1);
  const root = tracer.startSpan('tick_total', { attributes: { symbol: 'BTC-USD', levels: [1, 2] } });
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (let index = 0; index < 60; index++) tracer.startSpan('spread', {}, context).end();
  const request = tracer.startSpan('POST /orders', { kind: SpanKind.CLIENT, attributes: { n: 1 } }, context);
  request.addEvent('sent', { bytes: 120 });
  request.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' });
  request.end();
  const guards = tracer.startSpan('guards', {}, context);
  guards.recordException(new Error('no book'));
  guards.end();
  const late = tracer.startSpan('emit', {}, context);
  root.end();
  late.end();
  tracer.startSpan('heartbeat').end();
  await provider.forceFlush();
  const { spans } = receiver;
  expect(tree(spans)).toEqual(
    [
      '- > heartbeat',
      '- > tick_total',
      'tick_total > POST /orders',
      'tick_total > emit',
      'tick_total > guards',
      ...Array<string>(60).fill('tick_total > spread'),
    ].sort(),
  );
  const { traceId } = root.spanContext();
  expect(spans.filter((span) => span.traceId === traceId)).toHaveLength(64);
  const named = (name: string) => spans.find((span) => span.name === name);
  expect(named('tick_total')?.attributes).toMatchObject({ levels: [1, 2] });
  expect(named('POST /orders')).toMatchObject({
    attributes: { n: 1 },
    events: [{ name: 'sent', attributes: { bytes: 120 } }],
    status: { message: 'refused' },
  });
  expect(named('guards')?.events).toMatchObject([{ name: 'exception' }]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(65);
});

test('what is not sampled stays away, but for a tick that tripped a guard, with all that is in it', async () => {
  const { provider, tracer } = start(0);
  for (const isTripped of [false, true, false]) {
    const root = tracer.startSpan('tick_total');
    const context = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('query', {}, context).end();
    if (isTripped) root.addEvent('guard_trip', { reason: 'stale' });
    root.end();
  }
  tracer.startSpan('heartbeat').end();
  await provider.forceFlush();
  expect(tree(receiver.spans)).toEqual(['- > tick_total', 'tick_total > query']);
});
