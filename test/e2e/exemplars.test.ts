import { register, type Scope } from '@tickscope/sdk';
import { debianProgram, OtlpReceiver, optionalTool, Prometheus, pollUntil } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const program = await optionalTool({
  name: 'Prometheus',
  obtain: () => debianProgram('prometheus'),
  leavesUnchecked: 'that a real Prometheus stores exemplars, each of a trace that the backend has',
});

/** As the documentation prints it. */
const P95 =
  'histogram_quantile(0.95, sum by (le) (rate(mm_stage_duration_ms_bucket{stage="tick_total"}[5m])))';
const SHORT_P95 = 'histogram_quantile(0.95, rate(mm_stage_duration_ms{stage="tick_total"}[5m]))';

describe.skipIf(!program)('exemplars in a real Prometheus', () => {
  let receiver: OtlpReceiver;
  let scope: Scope;
  let prometheus: Prometheus;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    scope = register({
      prometheus: { port: 0 },
      otlp: { endpoint: receiver.endpoint },
      stages: ['emit'],
      guardReasons: ['stale_book'],
      deadlineMs: 50,
      sampleRatio: 0.2,
      holdBackMs: 0,
    });
    const address = new URL((await scope.address) as string);
    prometheus = await Prometheus.start({
      targets: [address.host],
      scrapeIntervalMillis: 200,
      features: ['exemplar-storage'],
    });
    await prometheus.waitForScrape();
    await trade(scope);
    await scope.flush();
    await pollUntil(async () => (await prometheus.queryExemplars(P95)).length > 5, {
      description: 'exemplars to be scraped',
    });
  }, 90_000);
  afterAll(async () => {
    await scope?.shutdown();
    await prometheus?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
  });

  test('of the 95th percentile are traces that the receiver holds', async () => {
    const exemplars = await prometheus.queryExemplars(P95);
    const held = new Map(receiver.spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
    for (const { labels, seriesLabels, value } of exemplars) {
      const span = held.get(`${labels.trace_id} ${labels.span_id}`);
      expect(span).toMatchObject({ name: 'tick_total' });
      expect(value).toBeLessThanOrEqual(Number(seriesLabels.le));
      const millis = Number((span?.endUnixNano ?? 0n) - (span?.startUnixNano ?? 0n)) / 1e6;
      expect(Math.abs(value - millis)).toBeLessThan(0.001);
    }
    expect(new Set(exemplars.map(({ seriesLabels }) => seriesLabels.le)).size).toBeGreaterThan(5);
  });

  test('of misses and guard trips are such traces too', async () => {
    const traceIds = new Set(receiver.spans.map(({ traceId }) => traceId));
    for (const counter of ['mm_tick_deadline_miss_total', 'mm_guard_trips_total{reason="stale_book"}']) {
      const exemplars = await prometheus.queryExemplars(counter);
      expect(exemplars, counter).not.toEqual([]);
      for (const { labels } of exemplars) expect(traceIds).toContain(labels.trace_id);
    }
  });
});

describe.skipIf(!program)('native histograms in a real Prometheus', () => {
  test('give percentiles within 1 % of the exact ones, and exemplars', async () => {
    await using receiver = await OtlpReceiver.start();
    const scope = register({
      prometheus: { port: 0 },
      otlp: { endpoint: receiver.endpoint },
      sampleRatio: 1,
      holdBackMs: 0,
    });
    try {
      const address = new URL((await scope.address) as string);
      await using prometheus = await Prometheus.start({
        targets: [address.host],
        scrapeIntervalMillis: 200,
        features: ['native-histograms', 'exemplar-storage'],
      });
      await prometheus.waitForScrape();
      // rate() needs a first sample of the series.
      scope.begin().end();
      const count = 'histogram_count(mm_stage_duration_ms{stage="tick_total"})';
      const counted = (ticks: number) =>
        pollUntil(async () => (await prometheus.queryOne(count).catch(() => Number.NaN)) === ticks, {
          description: `${ticks} ticks to be scraped`,
        });
      await counted(1);
      const exact = await trade(scope);
      await scope.flush();
      await counted(1 + exact.length);
      for (const q of [0.5, 0.9, 0.95, 0.99]) {
        const wanted = exact[Math.ceil(q * exact.length) - 1] as number;
        const given = await prometheus.queryOne(SHORT_P95.replace('0.95', String(q)));
        expect(Math.abs(given / wanted - 1), `${q}: ${given} for ${wanted}`).toBeLessThan(0.01);
      }
      const held = new Set(receiver.spans.map(({ traceId }) => traceId));
      const exemplars = await pollUntil(
        async () => {
          const found = await prometheus.queryExemplars('mm_stage_duration_ms{stage="tick_total"}');
          return found.length > 0 && found;
        },
        { description: 'exemplars to be scraped' },
      );
      for (const { labels } of exemplars) expect(held).toContain(labels.trace_id);
    } finally {
      await scope.shutdown();
    }
  }, 90_000);
});

/** Ticks from half a millisecond to half a second long that take no time: they began in the past. Sorted, milliseconds. */
async function trade(scope: Scope): Promise<number[]> {
  const durations: number[] = [];
  for (let tick = 0; tick < 2_000; tick++) {
    const ago = 0.5 * 1000 ** (((tick * 0.618033988749895) % 1) ** 1.5);
    const startedAt = performance.now() - ago;
    const handle = scope.begin({ startedAt });
    handle.lap('emit');
    if (tick % 100 === 0) handle.guardTrip('stale_book');
    handle.end();
    durations.push(performance.now() - startedAt);
  }
  return durations.sort((a, b) => a - b);
}
