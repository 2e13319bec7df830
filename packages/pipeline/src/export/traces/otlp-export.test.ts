import { type AddressInfo, createServer } from 'node:net';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../clock.js';
import { keptRecord } from '../../kept-tick.js';
import { Ledger } from '../../ledger.js';
import type { OtlpSettings, PipelineSettings } from '../../settings.js';
import { keptTick, ORIGIN_UNIX_NANOS, spanRecord, tickRecord } from '../../tick-record.test.fixture.js';
import { TraceExportQueue } from './export-queue.js';
import { accept, OtlpReceiver, type OtlpSpan } from './otlp-receiver.test.fixture.js';
import { OtlpTraceTransport } from './otlp-transport.js';

const EXPORT_QUEUE: PipelineSettings['exportQueue'] = {
  maxSpans: 2048,
  batchSpans: 10,
  scheduledDelayMillis: 10,
  maxConcurrentExports: 2,
};

let receiver: OtlpReceiver;
const cleanUps: (() => void | Promise<void>)[] = [];
beforeEach(async () => {
  receiver = new OtlpReceiver();
  await receiver.listen();
  cleanUps.push(() => receiver.close());
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  vi.unstubAllEnvs();
});

function exporting(
  otlp: Partial<OtlpSettings> = {},
  exportQueue: Partial<PipelineSettings['exportQueue']> = {},
) {
  const ledger = new Ledger();
  const states: string[] = [];
  const settings: OtlpSettings = {
    url: receiver.url,
    headers: {},
    timeoutMillis: 10_000,
    compression: 'none',
    ...otlp,
  };
  const transport = new OtlpTraceTransport(settings);
  const queue = new TraceExportQueue({
    settings: { ...EXPORT_QUEUE, ...exportQueue },
    transport,
    batchLimitMillis: settings.timeoutMillis,
    resource: resourceFromAttributes({ 'service.name': 'mm-bot', 'service.instance.id': 'i-1' }),
    verdicts: ledger,
    clock: systemClock,
    onState: (ticks, state) => {
      for (const _ of ticks) states.push(state);
    },
  });
  cleanUps.push(() => queue.shutdown());
  return { queue, ledger, states, transport };
}

function attributesOf({
  attributes,
}: {
  readonly attributes: OtlpSpan['attributes'];
}): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

/** A listener that accepts connections and never answers. */
async function hangingUrl(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    cleanUps.push(() => {
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

/** Counts the exporter's decisions to try again later. */
function scheduledRetries(): { count: number } {
  const retries = { count: 0 };
  const ignore = () => {};
  const verbose = (message: string) => {
    if (message.startsWith('Scheduling export retry')) retries.count++;
  };
  diag.setLogger({ error: ignore, warn: ignore, info: ignore, debug: ignore, verbose }, DiagLogLevel.VERBOSE);
  cleanUps.push(() => diag.disable());
  return retries;
}

/** An address at which nothing listens. */
async function refusedUrl(): Promise<string> {
  await receiver.close();
  return receiver.url;
}

test('a tick arrives as it was recorded: parents, times, attributes, resource', async () => {
  const { queue, ledger, states } = exporting({ headers: { 'x-tenant': 'desk-1' } });
  const tick = tickRecord({
    startMillis: 2000.000001,
    endMillis: 2010.5,
    missed: true,
    samplingThreshold: 0xcccccccd,
    attributes: { inventory: 1.5 },
    events: [{ name: 'guard_trip', timeMillis: 2001, attributes: { reason: 'stale_book' } }],
    spans: [
      spanRecord({ startMillis: 2000.000001, endMillis: 2000.000143 }),
      spanRecord({
        kind: 'request',
        name: 'POST orders',
        index: 2,
        parentIndex: 1,
        startMillis: 2000.000002,
        endMillis: 2000.000142,
        requestOutcome: 'ok',
        attributes: { verb: 'POST', api: 'orders' },
      }),
    ],
  });
  queue.enqueue(keptRecord(tick, ['deadline_miss', 'ratio']));
  await queue.flush(5000);

  expect(receiver.requests).toHaveLength(1);
  const [{ headers, body }] = receiver.requests;
  expect(headers['content-type']).toBe('application/json');
  expect(headers['x-tenant']).toBe('desk-1');
  expect(attributesOf(body.resourceSpans[0].resource)).toEqual({
    'service.name': { stringValue: 'mm-bot' },
    'service.instance.id': { stringValue: 'i-1' },
  });
  expect(body.resourceSpans).toHaveLength(1);
  expect(body.resourceSpans[0].scopeSpans[0].scope.name).toBe('@tickscope/core');

  const [root, stage, request] = receiver.spans;
  const nanos = (text: string) => BigInt(text) - ORIGIN_UNIX_NANOS;
  expect(
    [root, stage, request].map(({ name, kind, parentSpanId }) => ({ name, kind, parentSpanId })),
  ).toEqual([
    { name: 'tick_total', kind: 1, parentSpanId: undefined },
    { name: 'fetch_md', kind: 1, parentSpanId: root.spanId },
    { name: 'POST orders', kind: 3, parentSpanId: stage.spanId },
  ]);
  for (const span of receiver.spans) {
    expect(span.traceId).toBe(tick.traceId);
    expect(span.flags & 0xff).toBe(3);
    expect(span.traceState).toBe('ot=th:cccccccd');
  }
  expect([nanos(root.startTimeUnixNano), nanos(root.endTimeUnixNano)]).toEqual([
    2_000_000_001n,
    2_010_500_000n,
  ]);
  expect([nanos(stage.startTimeUnixNano), nanos(stage.endTimeUnixNano)]).toEqual([
    2_000_000_001n,
    2_000_000_143n,
  ]);
  expect(nanos(request.startTimeUnixNano)).toBe(2_000_000_002n);
  expect(nanos(root.events[0].timeUnixNano)).toBe(2_001_000_000n);
  expect(attributesOf(root)).toMatchObject({
    inventory: { doubleValue: 1.5 },
    symbol: { stringValue: 'BTC-USD' },
    'tickscope.outcome': { stringValue: 'ok' },
    'tickscope.missed': { boolValue: true },
    'tickscope.kept_by': {
      arrayValue: { values: [{ stringValue: 'deadline_miss' }, { stringValue: 'ratio' }] },
    },
  });
  expect(attributesOf(request)).toMatchObject({
    verb: { stringValue: 'POST' },
    api: { stringValue: 'orders' },
  });
  expect(states).toEqual(['exported']);
  expect(ledger.toJson()).toMatchObject({ exported: 3, dropped: {} });
});

test('compressed batches arrive', async () => {
  const { queue, ledger } = exporting({ compression: 'gzip' });
  for (let tick = 0; tick < 20; tick++) queue.enqueue(keptTick(5));
  await queue.flush(5000);
  expect(receiver.spans).toHaveLength(100);
  expect(receiver.requests[0].headers['content-encoding']).toBe('gzip');
  expect(ledger.toJson().exported).toBe(100);
});

test('connections are kept alive, one for each concurrent export', async () => {
  const { queue } = exporting();
  for (let tick = 0; tick < 200; tick++) queue.enqueue(keptTick(5));
  await queue.flush(10_000);
  expect(receiver.spans).toHaveLength(1000);
  expect(receiver.requests.length).toBe(100);
  expect(new Set(receiver.requests.map(({ remotePort }) => remotePort)).size).toBe(2);
});

test('headers of the environment do not go to an endpoint that the settings name', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer elsewhere');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'gzip');
  const { queue } = exporting();
  queue.enqueue(keptTick());
  await queue.flush(5000);
  expect(receiver.requests[0].headers.authorization).toBeUndefined();
  expect(receiver.requests[0].headers['content-encoding']).toBeUndefined();
  expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toBe('authorization=Bearer elsewhere');
});

test('a backend that answers 500 costs the batch and nothing more', async () => {
  receiver.answer = (response) => response.writeHead(500).end();
  const { queue, ledger, states } = exporting();
  queue.enqueue(keptTick(3));
  await queue.flush(5000);
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 3 } });
  expect(states).toEqual(['dropped']);

  receiver.answer = accept;
  queue.enqueue(keptTick(4));
  await queue.flush(5000);
  expect(ledger.toJson()).toMatchObject({ exported: 4, dropped: { export_failed: 3 } });
});

test('what a backend accepts in part is exported in part', async () => {
  const partialSuccess = { rejectedSpans: '2', errorMessage: 'too old' };
  receiver.answer = (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ partialSuccess }));
  const { queue, ledger } = exporting();
  queue.enqueue(keptTick(5));
  await queue.flush(5000);
  expect(ledger.toJson()).toMatchObject({ exported: 3, dropped: { rejected: 2 } });
  expect(queue.lastFailure?.message).toBe('2 of 5 spans rejected: too old');

  // The same connection, and nothing left over from the answer before.
  receiver.answer = (response) => response.writeHead(200).end();
  queue.enqueue(keptTick(4));
  await queue.flush(5000);
  expect(ledger.toJson()).toMatchObject({ exported: 7, dropped: { rejected: 2 } });
});

test('a backend that is busy for a moment gets the batch again', async () => {
  receiver.answer = (response) => {
    receiver.answer = accept;
    response.writeHead(503, { 'retry-after': '1' }).end();
  };
  const { queue, ledger } = exporting();
  queue.enqueue(keptTick(3));
  await queue.flush(10_000);
  expect(receiver.requests).toHaveLength(2);
  expect(ledger.toJson()).toMatchObject({ exported: 3, dropped: {} });
});

test('a slow backend is waited for', async () => {
  receiver.answer = (response, request) => void setTimeout(() => accept(response, request), 300);
  const { queue, ledger } = exporting();
  for (let tick = 0; tick < 4; tick++) queue.enqueue(keptTick(5));
  await queue.flush(10_000);
  expect(ledger.toJson()).toMatchObject({ exported: 20, dropped: {} });
});

test('a backend that hangs costs a flush its limit, and the connection is closed', async () => {
  const { queue, ledger } = exporting({ url: await hangingUrl() });
  for (let tick = 0; tick < 10; tick++) queue.enqueue(keptTick(5));
  await queue.flush(200);
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 50 } });
  expect(queue.queuedSpans + queue.exportingSpans).toBe(0);
});

test('an answer that trickles in for ever ends with the time limit of the batch', async () => {
  receiver.answer = (response) => {
    response.writeHead(200);
    const trickle = setInterval(() => response.write(' '), 20);
    response.on('close', () => {
      clearInterval(trickle);
      isClosed = true;
    });
  };
  let isClosed = false;
  const { queue, ledger, states } = exporting({ timeoutMillis: 300 });
  queue.enqueue(keptTick(3));
  await vi.waitFor(() => expect(isClosed).toBe(true), 10_000);
  expect(states).toEqual(['dropped']);
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 3 } });
});

test('a backend that refuses connections ends a flush at once, though batches are in back-off', async () => {
  const { queue, ledger, transport } = exporting({ url: await refusedUrl() });
  const probe = vi.spyOn(transport, 'probe');
  const retries = scheduledRetries();
  for (let tick = 0; tick < 40; tick++) queue.enqueue(keptTick(5));
  await vi.waitFor(() => expect(retries.count).toBe(2), 10_000);
  expect(queue.exportingSpans).toBe(20);

  // The file's time limit for a test is shorter than this flush's own.
  await queue.flush(600_000);
  expect(await probe.mock.results[0].value).toBe('unreachable');
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 200 } });
});

test('a batch that was given up is not sent when its back-off ends', async () => {
  const url = await refusedUrl();
  const { transport } = exporting({ url });
  const retries = scheduledRetries();
  const abort = new AbortController();
  const sending = transport.send(Buffer.from('{}'), abort.signal);
  await vi.waitFor(() => expect(retries.count).toBe(1), 10_000);
  abort.abort();

  const later = new OtlpReceiver();
  await later.listen(Number(new URL(url).port));
  cleanUps.push(() => later.close());
  expect(await sending).toEqual({ status: 'failed', message: 'the batch was given up' });
  expect(later.requests).toHaveLength(0);
});

test('a malformed URL is refused when the transport is made', () => {
  expect(() => exporting({ url: 'not a url' })).toThrow();
});

test('a name that does not resolve is unreachable, a listener that never answers is not', async () => {
  const { transport } = exporting({ url: 'http://nowhere.invalid:4318/v1/traces' });
  expect(await transport.probe(5000)).toBe('unreachable');
  const hanging = exporting({ url: await hangingUrl() });
  expect(await hanging.transport.probe(5000)).toBe('reachable');
});
