import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { metrics, ValueType } from '@opentelemetry/api';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { register, type Scope, TickscopeMetricReader } from '@tickscope/sdk';
import { OtlpReceiver, pollUntil } from '@tickscope-test/support';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const THREAD = new URL('../dist/bots/metering-thread.js', import.meta.url);

let receiver: OtlpReceiver;
let scope: Scope;
let address: string;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  scope = register({
    prometheus: { port: 0 },
    otlp: { endpoint: receiver.endpoint, metrics: { intervalMs: 3_600_000 } },
    constantLabels: { venue: 'sim' },
  });
  address = (await scope.address) as string;
});
afterAll(async () => {
  await scope?.shutdown();
  await receiver?.[Symbol.asyncDispose]();
});

describe('what a bot records through metrics.getMeter', () => {
  let provider: MeterProvider;

  afterEach(async () => {
    await provider.shutdown();
    metrics.disable();
  });

  function meterOf(views: ConstructorParameters<typeof MeterProvider>[0] = {}) {
    provider = new MeterProvider({ ...views, readers: [new TickscopeMetricReader()] });
    metrics.setGlobalMeterProvider(provider);
    return metrics.getMeter('strategy', '1.2.3');
  }

  test('is in /metrics beside Tickscope’s own, views applied', async () => {
    const meter = meterOf({
      views: [
        { instrumentName: 'edge.bps', name: 'quoted.edge', attributesProcessors: [onlySide] },
        { instrumentName: 'ignored', aggregation: { type: AggregationType.DROP } },
      ],
    });
    meter.createCounter('orders.sent', { description: 'Orders "sent"' }).add(3, { 'order.type': 'limit' });
    meter.createUpDownCounter('inventory', { valueType: ValueType.DOUBLE }).add(-2.5);
    meter.createObservableGauge('spread').addCallback((result) => result.observe(0.25, { symbol: 'a"b\n' }));
    meter.createCounter('ignored').add(1);
    const edge = meter.createHistogram('edge.bps', { advice: { explicitBucketBoundaries: [1, 5] } });
    edge.record(2, { side: 'buy', noise: 1 });
    edge.record(3, { side: 'buy', noise: 2 });
    scope.begin().end();

    const openMetrics = await scrape('application/openmetrics-text');
    expect(own(openMetrics)).toEqual(
      [
        '# TYPE orders_sent counter',
        '# HELP orders_sent Orders \\"sent\\"',
        'orders_sent_total{order_type="limit",venue="sim"} 3',
        '# TYPE inventory gauge',
        'inventory{venue="sim"} -2.5',
        '# TYPE spread gauge',
        'spread{symbol="a\\"b\\n",venue="sim"} 0.25',
        '# TYPE quoted_edge histogram',
        'quoted_edge_bucket{side="buy",venue="sim",le="1.0"} 0',
        'quoted_edge_bucket{side="buy",venue="sim",le="5.0"} 2',
        'quoted_edge_bucket{side="buy",venue="sim",le="+Inf"} 2',
        'quoted_edge_count{side="buy",venue="sim"} 2',
        'quoted_edge_sum{side="buy",venue="sim"} 5',
      ].sort(),
    );
    const text = await scrape('*/*');
    for (const sample of [
      'orders_sent_total{order_type="limit",venue="sim"} 3',
      'quoted_edge_sum{side="buy",venue="sim"} 5',
    ]) {
      expect(text).toContain(`\n${sample}\n`);
    }
    for (const exposition of [text, openMetrics]) {
      expect(exposition).toMatch(/^mm_ticks_total\{outcome="ok",venue="sim"\} \d+$/m);
      expect(Number(exposition.match(/^tickscope_api_metrics_age_seconds\S* (\S+)$/m)?.[1])).toBeLessThan(5);
      expect(exposition).not.toContain('\nignored');
    }
  });

  test('goes over OTLP as it is, in its own scope', async () => {
    const meter = meterOf({
      views: [{ instrumentName: 'edge', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    meter.createCounter('orders.sent', { unit: '{order}' }).add(3, { 'order.type': 'limit', sizes: [1, 2] });
    meter.createHistogram('edge').record(2);
    await scope.flush();
    const points = receiver.points.splice(0);
    expect(points.find(({ metric }) => metric === 'orders.sent')).toMatchObject({
      type: 'sum',
      value: 3,
      monotonic: true,
      unit: '{order}',
      attributes: { 'order.type': 'limit', sizes: [1, 2] },
      scope: { name: 'strategy', version: '1.2.3' },
    });
    expect(points.find(({ metric }) => metric === 'edge')).toMatchObject({
      type: 'exponential_histogram',
      count: 1,
      sum: 2,
    });
    expect(points.some(({ metric }) => metric === 'mm_ticks_total')).toBe(true);
    // What Prometheus' text cannot show of it, it shows the count and sum of.
    expect(await scrape('*/*')).toMatch(/^edge_count\{venue="sim"\} 1\n/m);
  });

  test('never takes a name of Tickscope’s, nor breaks a scrape', async () => {
    const meter = meterOf();
    meter.createCounter('mm_ticks_total').add(1_000);
    meter.createCounter('requests').add(1);
    meter.createHistogram('requests_total').record(1);
    meter.createCounter('a', {}).add(1, { le: 'x', '1st': 'y', 'b.c': '1', 'b-c': '2' });
    const exposition = await scrape('application/openmetrics-text');
    expect(exposition.match(/^# TYPE mm_ticks /gm)).toHaveLength(1);
    expect(exposition).not.toContain(' 1000\n');
    expect(exposition).toContain('\na_total{_1st="y",b_c="2;1",exported_le="x",venue="sim"} 1\n');
    expect(exposition).toContain('\nrequests_total{venue="sim"} 1\n');
    const again = await scrape('application/openmetrics-text');
    expect(again).toContain('tickscope_api_metrics_left_out{reason="name_conflict",venue="sim"} 2\n');
  });
});

test('a thread that is blocked keeps nobody waiting, and its figures show their age', async () => {
  const thread = new Worker(THREAD);
  await once(thread, 'message');
  const word = new SharedArrayBuffer(4);
  try {
    await pollUntil(async () => (await scrape('*/*')).includes('\nfills_total{side="buy",venue="sim"} 2\n'), {
      description: 'the thread’s figures',
    });
    thread.postMessage(word);
    await once(thread, 'message');
    const ages: number[] = [];
    await pollUntil(
      async () => {
        const exposition = await scrape('*/*');
        expect(exposition).toContain('\nfills_total{side="buy",venue="sim"} 2\n');
        ages.push(Number(exposition.match(/^tickscope_api_metrics_age_seconds\S* (\S+)$/m)?.[1]));
        return (ages.at(-1) as number) > 0.5;
      },
      { description: 'the figures to grow old' },
    );
    expect(ages).toEqual([...ages].sort((a, b) => a - b));
  } finally {
    Atomics.store(new Int32Array(word), 0, 1);
    Atomics.notify(new Int32Array(word), 0);
    thread.postMessage('end');
    await once(thread, 'exit');
  }
});

test('the same counter of several threads is their sum', async () => {
  const threads = [new Worker(THREAD), new Worker(THREAD)];
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  try {
    // That of the thread before, which has ended, is shown for a minute.
    await pollUntil(async () => /^fills_total\{side="buy",venue="sim"\} 6$/m.test(await scrape('*/*')), {
      description: 'the sum',
    });
  } finally {
    for (const thread of threads) thread.postMessage('end');
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
  }
});

const onlySide = {
  process: (attributes: Record<string, unknown>) => ({ side: attributes.side as string }),
};

async function scrape(accept: string): Promise<string> {
  return (await fetch(`${address}/metrics`, { headers: { accept } })).text();
}

/** The lines that are not of Tickscope's own families. */
function own(exposition: string): string[] {
  return exposition
    .split('\n')
    .filter((line) => /^(# \S+ )?(orders|inventory|spread|quoted|ignored|edge)/.test(line))
    .sort();
}
