import { register } from '@tickscope/sdk';
import { OtlpReceiver, type ReceivedPoint } from '@tickscope-test/support';
import { expect, test } from 'vitest';

type Exponential = Extract<ReceivedPoint, { type: 'exponential_histogram' }>;

test('histograms are exponential on request, with exemplars of traces that the receiver holds', async () => {
  await using receiver = await OtlpReceiver.start();
  const scope = register({
    prometheus: { port: 0 },
    otlp: {
      endpoint: receiver.endpoint,
      metrics: { histograms: 'exponential', intervalMs: 3_600_000 },
    },
    deadlineMs: 100,
    holdBackMs: 0,
  });
  try {
    const exact: number[] = [];
    for (let tick = 0; tick < 500; tick++) {
      const startedAt = performance.now() - 1.5 ** (tick / 30);
      scope.begin({ startedAt }).end();
      exact.push(performance.now() - startedAt);
    }
    await scope.flush();
    // What the first flush had acknowledged are the exemplars of the second one's metrics.
    receiver.points.splice(0);
    await scope.flush();

    const points = receiver.points.filter(({ metric }) => metric === 'mm_stage_duration_ms');
    const total = points.find(({ attributes }) => attributes.stage === 'tick_total') as Exponential;
    expect(total).toMatchObject({ type: 'exponential_histogram', count: 500, scale: 7, temporality: 2 });
    const { positive, zeroCount, scale } = total;
    expect(positive.bucketCounts.reduce((sum, count) => sum + count, zeroCount)).toBe(500);
    exact.sort((a, b) => a - b);
    for (const q of [0.5, 0.95, 0.99]) {
      let place = 0;
      for (let seen = zeroCount; ; place++) {
        seen += positive.bucketCounts[place] ?? Number.NaN;
        if (!(seen < q * 500)) break;
      }
      const middle = 2 ** ((positive.offset + place + 0.5) / 2 ** scale);
      expect(Math.abs(middle / (exact[Math.ceil(q * 500) - 1] as number) - 1)).toBeLessThan(0.01);
    }

    const held = new Set(receiver.spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    const misses = receiver.points.find(({ metric }) => metric === 'mm_tick_deadline_miss_total');
    for (const { exemplars } of [total, misses as ReceivedPoint]) {
      expect(exemplars).not.toEqual([]);
      for (const { traceId, spanId } of exemplars) expect(held).toContain(`${traceId} ${spanId}`);
    }
  } finally {
    await scope.shutdown();
  }
});

test('a trace that the backend has not acknowledged, or rejected some of, is not referred to', async () => {
  await using receiver = await OtlpReceiver.start();
  const scope = register({ prometheus: { port: 0 }, otlp: { endpoint: receiver.endpoint }, holdBackMs: 0 });
  try {
    const scrape = async () => {
      const headers = { accept: 'application/openmetrics-text' };
      return (await fetch(`${await scope.address}/metrics`, { headers })).text();
    };
    for (const mode of [
      { kind: 'status', status: 400 },
      { kind: 'partial', rejected: 1, message: 'too old' },
    ] as const) {
      receiver.setMode(mode);
      scope.begin().end();
      await scope.flush();
      expect(await scrape()).not.toContain('trace_id');
    }
    receiver.setMode({ kind: 'ok' });
    scope.begin().end();
    await scope.flush();
    expect(await scrape()).toContain(`# {trace_id="${receiver.spans.at(-1)?.traceId}"`);
  } finally {
    await scope.shutdown();
  }
});

test('without a trace backend there are none', async () => {
  const scope = register({ prometheus: { port: 0 }, holdBackMs: 0 });
  try {
    scope.begin().end();
    await scope.flush();
    const headers = { accept: 'application/openmetrics-text' };
    const text = await (await fetch(`${await scope.address}/metrics`, { headers })).text();
    expect(text).toContain('mm_stage_duration_ms_count{stage="tick_total"} 1\n');
    expect(text).not.toContain('trace_id');
  } finally {
    await scope.shutdown();
  }
});
