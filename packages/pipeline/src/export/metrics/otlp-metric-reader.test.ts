import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { BUCKET_FAMILIES, cellCount, METRICS, type SeriesSnapshot } from '@tickscope/core/internal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CellsMetricProducer } from './cells-metric-producer.js';
import type { Exemplar } from './exemplar.js';
import { createMetricsExport, type MetricsExport } from './metrics-export.js';

const cells = new Float64Array(cellCount(BUCKET_FAMILIES.compute));
cells[5] = 3;
const SERIES: readonly SeriesSnapshot[] = [
  { metric: METRICS.ticks.name, labels: { outcome: 'ok' }, type: 'counter', value: 7 },
  { metric: METRICS.openTicks.name, labels: {}, type: 'gauge', value: 2 },
  { metric: METRICS.ringFillRatio.name, labels: {}, type: 'gauge', value: 0.5 },
  { metric: METRICS.otelSpansStarted.name, labels: {}, type: 'counter', value: 9 },
  {
    metric: METRICS.stageDuration.name,
    labels: { stage: 'emit' },
    type: 'histogram',
    family: BUCKET_FAMILIES.compute,
    cells,
    sum: 0.4,
    max: 0.2,
  },
];

const EMIT = 'mm_stage_duration_ms\0stage\0emit';
const EXEMPLAR: Exemplar = {
  value: 0.2,
  time: [1_700_000_000, 7],
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
};

interface Received {
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: decoded JSON, compared as a whole
  readonly body: any;
}

describe('metrics over OTLP', () => {
  let received: Received[];
  let answer: (response: ServerResponse) => void;
  let receiver: Server;
  let url: string;
  let exported: MetricsExport | undefined;

  beforeEach(async () => {
    received = [];
    answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
        received.push({ headers: request.headers, body: JSON.parse(text.toString()) });
        answer(response);
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/metrics`;
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await exported?.shutdown(100);
    receiver.closeAllConnections();
    receiver.close();
  });

  function create(
    overrides: { url?: string; intervalMillis?: number; compression?: 'gzip' } = {},
  ): MetricsExport {
    exported = createMetricsExport({
      createProducer: () =>
        new CellsMetricProducer({
          read: () => SERIES,
          exemplarsOf: (key) => (key === EMIT ? new Map([[0, EXEMPLAR]]) : undefined),
          startUnixNanos: 1_700_000_000_000_000_001n,
          nowUnixNanos: () => 1_700_000_001_000_000_002n,
        }),
      settings: {
        resource: { attributes: { 'service.name': 'mm-bot' } },
        otlpMetrics: {
          url,
          headers: { 'x-tenant': 'desk' },
          timeoutMillis: 5000,
          intervalMillis: 60_000,
          histograms: 'explicit',
          compression: 'none',
          ...overrides,
        },
      },
    });
    return exported;
  }

  it('sends sums, gauges and histograms with their OpenTelemetry names and types', async () => {
    expect(await create().flush(5000)).toBe(true);
    const [{ body }] = received;
    const [{ resource, scopeMetrics }] = body.resourceMetrics;
    expect(resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'mm-bot' } }]);
    const byName = Object.fromEntries(
      // biome-ignore lint/suspicious/noExplicitAny: decoded JSON
      scopeMetrics.flatMap(({ metrics }: any) => metrics).map((metric: any) => [metric.name, metric]),
    );
    const times = { startTimeUnixNano: '1700000000000000001', timeUnixNano: '1700000001000000002' };
    expect(byName.mm_ticks_total).toMatchObject({
      unit: '{tick}',
      sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 7, ...times }] },
    });
    expect(byName.tickscope_open_ticks.sum.isMonotonic).toBe(false);
    expect(byName.tickscope_ring_fill_ratio.gauge.dataPoints).toMatchObject([{ asDouble: 0.5 }]);
    expect(byName['otel.sdk.span.started'].sum.dataPoints).toMatchObject([{ asDouble: 9 }]);
    expect(byName.mm_stage_duration_ms.histogram.dataPoints).toMatchObject([
      {
        attributes: [{ key: 'stage', value: { stringValue: 'emit' } }],
        count: 3,
        sum: 0.4,
        max: 0.2,
        exemplars: [
          {
            timeUnixNano: '1700000000000000007',
            asDouble: 0.2,
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
          },
        ],
        explicitBounds: BUCKET_FAMILIES.compute.boundsMillis,
        bucketCounts: [3, ...BUCKET_FAMILIES.compute.boundsMillis.map(() => 0)],
      },
    ]);
    expect(byName.mm_stage_duration_ms.histogram.dataPoints[0]).not.toHaveProperty('min');
  });

  it('exports by itself at the interval, compressed if asked to', async () => {
    create({ intervalMillis: 20, compression: 'gzip' });
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(1), { timeout: 5000 });
    expect(received[0].headers['content-encoding']).toBe('gzip');
    expect(received[0].headers['x-tenant']).toBe('desk');
  });

  it('does not send headers from the environment to an endpoint of the settings', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer secret');
    await create().flush(5000);
    expect(received[0].headers.authorization).toBeUndefined();
    expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toBe('authorization=Bearer secret');
  });

  it('counts exports by outcome', async () => {
    const metrics = create();
    await metrics.flush(5000);
    answer = (response) => response.writeHead(400).end();
    expect(await metrics.flush(5000)).toBe(false);
    expect(metrics.otlpExports).toEqual({ ok: 1, failed: 1 });
  });

  it('gives up a flush at once when the connection is refused', async () => {
    receiver.close();
    await new Promise((resolve) => receiver.once('close', resolve));
    const gaveUp = create().flush(60_000);
    expect(await gaveUp).toBe(false);
  });

  it('bounds flush and shutdown when the backend does not answer', async () => {
    answer = () => {};
    const metrics = create();
    expect(await metrics.flush(50)).toBe(false);
    expect(await metrics.shutdown(50)).toBe(false);
  });

  it('sends a last time when it shuts down, and once only', async () => {
    const metrics = create();
    expect(await metrics.shutdown(5000)).toBe(true);
    expect(received).toHaveLength(1);
    exported = undefined;
  });
});
