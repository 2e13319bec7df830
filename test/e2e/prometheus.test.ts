import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Child,
  debianProgram,
  freePort,
  optionalTool,
  Prometheus,
  pollUntil,
} from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoReport, readReport, startDemo } from '../bots/run-demo.js';

const program = await optionalTool({
  name: 'Prometheus',
  obtain: () => debianProgram('prometheus'),
  leavesUnchecked: 'that a real Prometheus reads the demo’s metrics and answers the documented queries',
});

/** As the metric catalogue prints them. */
const MISS_RATE =
  'rate(mm_tick_deadline_miss_total[5m]) / rate(mm_stage_duration_ms_count{stage="tick_total"}[5m]) * 100';
const P95 =
  'histogram_quantile(0.95, sum by (le) (rate(mm_stage_duration_ms_bucket{stage="tick_total"}[5m])))';
const TRIPS_BY_REASON = 'sum by (reason) (mm_guard_trips_total)';

describe.skipIf(!program)('a real Prometheus beside the running demo', () => {
  let folder: string;
  let prometheus: Prometheus;
  let demo: Child;
  let report: DemoReport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickscope-prometheus-demo-'));
    // Up and scraping before the bot is: rate() cannot know what was counted before the first scrape.
    const port = await freePort();
    prometheus = await Prometheus.start({ targets: [`127.0.0.1:${port}`], scrapeIntervalMillis: 250 });
    demo = startDemo(folder, ['--seconds', '20', '--linger', '120'], {
      env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
    });
    await demo.waitForLine(/stays up for/, 60_000);
    report = await readReport(folder);
    await pollUntil(
      async () => (await prometheus.queryOne('sum(mm_ticks_total)')) === total(report.table.ticksByOutcome),
      { description: 'the last tick to be scraped' },
    );
  }, 120_000);
  afterAll(async () => {
    await demo?.[Symbol.asyncDispose]();
    await prometheus?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('the run was one to learn from', () => {
    expect(report.table.ticks).toBeGreaterThan(500);
    expect(report.table.deadlineMisses).toBeGreaterThan(10);
    expect(total(report.table.guardTrips)).toBeGreaterThan(0);
  });

  test('ticks by outcome equal the table', async () => {
    expect(await by('outcome', 'sum by (outcome) (mm_ticks_total)')).toEqual(report.table.ticksByOutcome);
  });

  test('misses and stage counts equal the table', async () => {
    expect(await prometheus.queryOne('sum(mm_tick_deadline_miss_total)')).toBe(report.table.deadlineMisses);
    const counts = Object.fromEntries(report.table.stages.map(({ stage, count }) => [stage, count]));
    expect(await by('stage', 'sum by (stage) (mm_stage_duration_ms_count)')).toEqual(counts);
  });

  test('guard trips by reason equal the table', async () => {
    expect(await by('reason', TRIPS_BY_REASON)).toEqual(report.table.guardTrips);
  });

  test('requests by verb, api and outcome equal the table', async () => {
    for (const { verb, api, outcomes } of report.table.requests) {
      const requests = `mm_exchange_requests_total{verb="${verb}",api="${api}"}`;
      expect(await by('outcome', `sum by (outcome) (${requests})`)).toEqual(outcomes);
      const durations = `mm_exchange_req_ms_count{verb="${verb}",api="${api}"}`;
      expect(await prometheus.queryOne(`sum(${durations})`)).toBe(total(outcomes));
    }
  });

  test('the miss rate in percent, by the documented query', async () => {
    // `stage` is the only label of both sides, so the query gives one series as it stands.
    const percent = await prometheus.queryOne(MISS_RATE);
    expect(Math.abs(percent / (report.table.missRatio * 100) - 1)).toBeLessThan(0.05);
  });

  test('the 95th percentile lies in the bucket that holds the table’s', async () => {
    const p95 = report.table.stages.find(({ stage }) => stage === 'tick_total')?.p95Millis as number;
    const buckets = await prometheus.query('mm_stage_duration_ms_bucket{stage="tick_total"}');
    const bounds = buckets
      .map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')))
      .sort((a, b) => a - b);
    const upper = bounds.findIndex((bound) => p95 <= bound);
    const quantile = await prometheus.queryOne(P95);
    expect(quantile).toBeGreaterThan(bounds[upper - 1] ?? 0);
    expect(quantile).toBeLessThanOrEqual(bounds[upper] as number);
  });

  test('the demo ends well', async () => {
    demo.signal('SIGINT');
    expect(await demo.waitForExit()).toEqual({ code: 0, signal: null });
  });

  async function by(label: string, query: string): Promise<Record<string, number>> {
    return Object.fromEntries(
      (await prometheus.query(query)).map(({ labels, value }) => [labels[label], value]),
    );
  }
});

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
