import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import { OtlpReceiver } from './receiver.js';
import { OtlpReceiverProcess } from './receiver-process.js';

type Compression = NonNullable<NonNullable<ConstructorParameters<typeof JsonExporter>[0]>['compression']>;
const GZIP = 'gzip' as Compression;

/** Sends a root with one child through the stock SDK and returns what its exporter said. */
async function sendTrace(exporter: SpanExporter): Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sender' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('stock', '1.2.3');
  const root = tracer.startSpan('root', { startTime: [1_795_266_304, 123_456_789] });
  const child = tracer.startSpan(
    'child',
    {
      startTime: [1_795_266_304, 123_456_790],
      attributes: { symbol: 'BTC-USD', size: 3, price: 0.5, live: true, path: ['a', 'b'] },
    },
    trace.setSpan(ROOT_CONTEXT, root),
  );
  child.addEvent('late', { pauseMs: 12 }, [1_795_266_304, 123_456_791]);
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no quote' });
  child.end([1_795_266_304, 123_456_792]);
  root.end([1_795_266_304, 123_456_793]);
  await provider.shutdown();
}

describe.each([
  ['JSON', (url: string) => new JsonExporter({ url })],
  ['JSON with gzip', (url: string) => new JsonExporter({ url, compression: GZIP })],
  ['protobuf', (url: string) => new ProtobufExporter({ url })],
  ['protobuf with gzip', (url: string) => new ProtobufExporter({ url, compression: GZIP })],
])('a trace sent as %s', (_name, exporterFor) => {
  test('arrives with ids, nanoseconds, attributes, events, status, resource and scope', async () => {
    await using receiver = await OtlpReceiver.start();
    await sendTrace(exporterFor(`${receiver.endpoint}/v1/traces`));
    await receiver.waitForSpans((spans) => spans.length === 2);

    expect(receiver.problems).toEqual([]);
    const root = receiver.spans.find((span) => span.name === 'root');
    expect(root).toMatchObject({ parentSpanId: '', startUnixNano: 1_795_266_304_123_456_789n });
    expect(receiver.spans.find((span) => span.name === 'child')).toMatchObject({
      traceId: root?.traceId,
      parentSpanId: root?.spanId,
      startUnixNano: 1_795_266_304_123_456_790n,
      endUnixNano: 1_795_266_304_123_456_792n,
      attributes: { symbol: 'BTC-USD', size: 3, price: 0.5, live: true, path: ['a', 'b'] },
      events: [{ name: 'late', timeUnixNano: 1_795_266_304_123_456_791n, attributes: { pauseMs: 12 } }],
      status: { code: 2, message: 'no quote' },
      resource: { 'service.name': 'sender' },
      scope: { name: 'stock', version: '1.2.3' },
    });
    expect([...receiver.traces().values()].map((spans) => spans.length)).toEqual([2]);
  });
});

test('metrics arrive as points', async () => {
  await using receiver = await OtlpReceiver.start();
  const exporter = new OTLPMetricExporter({ url: `${receiver.endpoint}/v1/metrics` });
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })],
  });
  const meter = provider.getMeter('stock');
  meter.createCounter('trips', { unit: '{trip}' }).add(3, { reason: 'stale_book' });
  meter.createHistogram('latency', { advice: { explicitBucketBoundaries: [1, 10] } }).record(5);
  await provider.shutdown();
  await receiver.waitForPoints((points) => points.length === 2);

  expect(receiver.points.find((point) => point.metric === 'trips')).toMatchObject({
    type: 'sum',
    value: 3,
    monotonic: true,
    temporality: 2,
    unit: '{trip}',
    attributes: { reason: 'stale_book' },
  });
  expect(receiver.points.find((point) => point.metric === 'latency')).toMatchObject({
    type: 'histogram',
    count: 1,
    sum: 5,
    bounds: [1, 10],
    bucketCounts: [0, 1, 0],
  });
});

describe('a body that is not OTLP is refused and told', () => {
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'x',
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  };
  test.each([
    ['base64 ids', { ...span, traceId: 'CvdlGRbNQ92ESOshHIAxnA==' }],
    ['an id of zeros', { ...span, spanId: '0000000000000000' }],
    ['nanoseconds that a double rounded', { ...span, startTimeUnixNano: 1_795_266_304_123_456_800 }],
    ['no name', { ...span, name: undefined }],
  ])('%s', async (_name, broken) => {
    await using receiver = await OtlpReceiver.start();
    const answer = await post(receiver.endpoint, { resourceSpans: [{ scopeSpans: [{ spans: [broken] }] }] });
    expect(answer.status).toBe(400);
    expect(receiver.problems).toHaveLength(1);
    expect(receiver.spans).toEqual([]);
  });
});

describe('a receiver that misbehaves', () => {
  const empty = { resourceSpans: [] };

  test('answers a status with Retry-After and keeps nothing', async () => {
    await using receiver = await OtlpReceiver.start();
    receiver.setMode({ kind: 'status', status: 429, retryAfterSeconds: 7 });
    const answer = await post(receiver.endpoint, empty);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    expect(receiver.requests).toMatchObject([{ path: '/v1/traces', answeredStatus: 429 }]);
  });

  test('takes a part', async () => {
    await using receiver = await OtlpReceiver.start();
    receiver.setMode({ kind: 'partial', rejected: 2, message: 'too old' });
    expect(await (await post(receiver.endpoint, empty)).json()).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' },
    });
  });

  test('closes the connection', async () => {
    await using receiver = await OtlpReceiver.start();
    receiver.setMode({ kind: 'close' });
    await expect(post(receiver.endpoint, empty)).rejects.toThrow('fetch failed');
    expect(receiver.requests).toMatchObject([{ answeredStatus: undefined }]);
  });

  test('hangs, and still stops', async () => {
    const receiver = await OtlpReceiver.start();
    receiver.setMode({ kind: 'hang' });
    const answer = expect(post(receiver.endpoint, empty)).rejects.toThrow();
    await receiver.waitForRequests(1);
    await receiver[Symbol.asyncDispose]();
    await answer;
  });
});

test('waiting for spans that do not come says what did', async () => {
  await using receiver = await OtlpReceiver.start();
  await sendTrace(new JsonExporter({ url: `${receiver.endpoint}/v1/traces` }));
  await expect(receiver.waitForSpans((spans) => spans.length > 2, 50)).rejects.toThrow(
    /Waited 50 ms; 2 spans had arrived: (child|root) ×1/,
  );
});

test('a receiver in its own process mirrors arrivals, changes its mode, and is gone afterwards', async () => {
  const receiver = await OtlpReceiverProcess.start();
  await sendTrace(new JsonExporter({ url: `${receiver.endpoint}/v1/traces` }));
  await receiver.waitForSpans((spans) => spans.length === 2);
  expect(receiver.spans.find((span) => span.name === 'root')?.startUnixNano).toBe(1_795_266_304_123_456_789n);

  await receiver.setMode({ kind: 'status', status: 500 });
  expect((await post(receiver.endpoint, { resourceSpans: [] })).status).toBe(500);

  await receiver[Symbol.asyncDispose]();
  expect(() => process.kill(receiver.pid, 0)).toThrow('ESRCH');
});

function post(endpoint: string, body: unknown): Promise<Response> {
  return fetch(`${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
