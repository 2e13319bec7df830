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
  /** Unix milliseconds of a scrape after the last tick: what every question is asked about. */
  let scrapedAt: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickscope-prometheus-demo-'));
    const port = await freePort();
    prometheus = await Prometheus.start({ targets: [`127.0.0.1:${port}`], scrapeIntervalMillis: 200 });
    demo = startDemo(folder, ['--hold', '--seconds', '20', '--linger', '120'], {
      env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
    });
    // rate() knows nothing of what was counted before the first scrape: the bot trades when there has been one.
    await demo.waitForLine(/^Held/, 30_000);
    await prometheus.waitForScrape();
    demo.endInput();
    await demo.waitForLine(/stays up for/, 60_000);
    report = await readReport(folder);
    const quietSince = Date.now();
    scrapedAt = await pollUntil(
      async () => {
        const at = Math.round((await prometheus.queryOne('min(timestamp(mm_ticks_total))')) * 1000);
        return at > quietSince && at;
      },
      { description: 'a scrape of the bot at rest' },
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

  test('it was scraped from the first tick on', async () => {
    for (const counter of ['mm_tick_deadline_miss_total', 'mm_stage_duration_ms_count{stage="tick_total"}'])
      expect((await prometheus.rangeOf(counter)).first, counter).toBe(0);
  });

  test('ticks by outcome equal the table', async () => {
    expect(await by('outcome', 'sum by (outcome) (mm_ticks_total)')).toEqual(report.table.ticksByOutcome);
  });

  test('misses and stage counts equal the table', async () => {
    expect(await ask('sum(mm_tick_deadline_miss_total)')).toBe(report.table.deadlineMisses);
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
      expect(await ask(`sum(${durations})`)).toBe(total(outcomes));
    }
  });

  test('the miss rate in percent of the whole run, by the documented query', async () => {
    // `stage` is the only label of both sides, so the query gives one series as it stands.
    const percent = await ask(MISS_RATE);
    expect(Math.abs(percent / (report.table.missRatio * 100) - 1)).toBeLessThan(0.05);
  });

  test('the 95th percentile lies in the bucket that holds the table’s', async () => {
    // Both of the whole run, so that they mean the same ticks.
    const p95 = report.table.stages.find(({ stage }) => stage === 'tick_total')?.p95Millis as number;
    const buckets = await prometheus.query('mm_stage_duration_ms_bucket{stage="tick_total"}', scrapedAt);
    const bounds = buckets.map(({ labels }) => bound(labels.le)).sort((a, b) => a - b);
    const holder = (millis: number) => bounds.findIndex((upper) => millis <= upper);
    expect(holder(await ask(P95))).toBe(holder(p95));
  });

  test('the demo ends well', async () => {
    demo.signal('SIGINT');
    expect(await demo.waitForExit()).toEqual({ code: 0, signal: null });
  });

  function ask(query: string): Promise<number> {
    return prometheus.queryOne(query, scrapedAt);
  }

  async function by(label: string, query: string): Promise<Record<string, number>> {
    return Object.fromEntries(
      (await prometheus.query(query, scrapedAt)).map(({ labels, value }) => [labels[label], value]),
    );
  }
});

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function bound(le: string | undefined): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}
