import { debianProgram, freePort, optionalTool, Prometheus } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { getSnapshot, startBot } from '../bots/start-bot.js';

const program = await optionalTool({
  name: 'Prometheus',
  obtain: () => debianProgram('prometheus'),
  leavesUnchecked: 'that the documented queries stay right when symbols are told apart',
});

const ROUNDS = 3;
/** Ticks a round, by symbol; the bot tells three symbols apart. */
const TICKS = { A: 40, B: 20, C: 20, '': 20, overflow: 40 };
const ALL_TICKS = 140 * ROUNDS;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function parse(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) as RegExpExecArray;
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
      return { name: name as string, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** Which of its symbol's series a sample belongs to: '' without a symbol. */
function groupOf({ labels }: Sample): string {
  return labels.otel_metric_overflow === 'true' ? 'overflow' : (labels.symbol ?? '');
}

function sumBy(samples: readonly Sample[], keyOf: (sample: Sample) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const sample of samples) sums[keyOf(sample)] = (sums[keyOf(sample)] ?? 0) + sample.value;
  return sums;
}

async function scrape(apart: 'apart' | 'together') {
  await using bot = startBot('symbols', { args: [apart, String(ROUNDS), '0'] });
  const address = await firstAddress(bot);
  await bot.waitForLine(/"done"/, 20_000);
  const text = await (await fetch(`${address}/metrics`)).text();
  const snapshot = await getSnapshot(address);
  bot.endInput();
  expect(await bot.waitForExit()).toEqual({ code: 0, signal: null });
  const samples = parse(text);
  const of = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  return { of, samples, snapshot };
}

async function firstAddress(bot: ReturnType<typeof startBot>): Promise<string> {
  return (await bot.waitForLine(/^\{"address":"(http:[^"]+)"\}$/))[1] as string;
}

const TOTAL = { stage: 'tick_total' };

test('a scrape with symbols told apart has their series, which add up to those without', async () => {
  const apart = await scrape('apart');
  const together = await scrape('together');

  const counts = apart.of('mm_stage_duration_ms_count', TOTAL);
  const perRound = (ticks: number) => ticks * ROUNDS;
  expect(sumBy(counts, groupOf)).toEqual(
    Object.fromEntries(Object.entries(TICKS).map(([group, ticks]) => [group, perRound(ticks)])),
  );
  expect(sumBy(apart.of('mm_tick_deadline_miss_total'), groupOf)).toEqual(
    Object.fromEntries(Object.entries(TICKS).map(([group, ticks]) => [group, perRound(ticks) / 5])),
  );
  // No series twice, which Prometheus would refuse.
  const identities = apart.samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  expect(new Set(identities).size).toBe(identities.length);

  const [ofSums, ofOne] = [apart, together].map(({ of }) =>
    sumBy(of('mm_stage_duration_ms_bucket', TOTAL), ({ labels }) => labels.le as string),
  ) as [Record<string, number>, Record<string, number>];
  expect(ofSums).toEqual(ofOne);
  expect(ofSums).toMatchObject({
    25: 0,
    50: (ALL_TICKS / 5) * 4,
    250: (ALL_TICKS / 5) * 4,
    500: ALL_TICKS,
    '+Inf': ALL_TICKS,
  });
  for (const name of ['mm_ticks_total', 'mm_tick_deadline_miss_total']) {
    expect(sumBy(apart.of(name), () => name)).toEqual(sumBy(together.of(name), () => name));
  }
  expect(together.samples.some(({ labels }) => 'symbol' in labels)).toBe(false);
  // Only what is documented to have the label has it.
  const labelled = apart.samples.filter(({ labels }) => 'symbol' in labels).map(({ name }) => name);
  expect(new Set(labelled)).toEqual(
    new Set([
      'mm_stage_duration_ms_bucket',
      'mm_stage_duration_ms_sum',
      'mm_stage_duration_ms_count',
      'mm_tick_deadline_miss_total',
    ]),
  );
});

test('the page’s figures are those of the stages, whatever the symbol', async () => {
  const [apart, together] = await Promise.all([scrape('apart'), scrape('together')]);
  for (const { snapshot } of [apart, together]) {
    expect(snapshot.stages.map(({ stage, loop, count }) => [stage, loop, count])).toEqual([
      ['tick_total', null, ALL_TICKS],
      ['fetch_md', null, ALL_TICKS],
      ['emit', null, ALL_TICKS],
      ['wait', null, ALL_TICKS],
    ]);
    expect(snapshot.deadlineMisses).toBe(ALL_TICKS / 5);
    const [total] = snapshot.stages;
    expect(total?.p50Millis).toBeGreaterThan(29.5);
    expect(total?.p50Millis).toBeLessThan(50);
    expect(total?.p95Millis).toBeGreaterThan(297);
  }
});

describe.skipIf(!program)('a real Prometheus', () => {
  test('answers the documented queries as they stand', async () => {
    const port = await freePort();
    await using prometheus = await Prometheus.start({
      targets: [`127.0.0.1:${port}`],
      scrapeIntervalMillis: 200,
    });
    await using bot = startBot('symbols', { args: ['apart', '60', String(port)] });
    await bot.waitForLine(/"done"/, 30_000);
    await prometheus.waitForScrape();
    const quietSince = Date.now();
    await expect
      .poll(() => prometheus.queryOne('min(timestamp(mm_ticks_total))').catch(() => 0), { timeout: 20_000 })
      .toBeGreaterThan(quietSince / 1000);

    const one = (query: string) => prometheus.queryOne(query);
    expect(await one('sum(mm_tick_deadline_miss_total{stage="tick_total"})')).toBe(60 * 28);
    expect(await one('sum(mm_stage_duration_ms_count{stage="tick_total"})')).toBe(60 * 140);
    const p95 = await one(
      'histogram_quantile(0.95, sum by (le) (rate(mm_stage_duration_ms_bucket{stage="tick_total"}[5m])))',
    );
    expect(p95).toBeGreaterThan(250);
    expect(p95).toBeLessThanOrEqual(500);
    // One ratio for each symbol, for those beyond the limit together, and for the ticks without.
    const ratios = await prometheus.query(
      'rate(mm_tick_deadline_miss_total[5m]) / rate(mm_stage_duration_ms_count{stage="tick_total"}[5m]) * 100',
    );
    const groups = ratios.map(({ labels }) => labels.symbol ?? labels.otel_metric_overflow ?? '');
    expect(groups.sort()).toEqual(['', 'A', 'B', 'C', 'true']);
    for (const { value } of ratios) expect(Math.abs(value - 20)).toBeLessThan(1);
    const inAll = await one(
      'sum(rate(mm_tick_deadline_miss_total[5m])) / sum(rate(mm_stage_duration_ms_count{stage="tick_total"}[5m])) * 100',
    );
    expect(Math.abs(inAll - 20)).toBeLessThan(1);
    bot.endInput();
    expect(await bot.waitForExit()).toEqual({ code: 0, signal: null });
  });
});
