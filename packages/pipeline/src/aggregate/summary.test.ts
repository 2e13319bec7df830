import {
  BUCKET_FAMILIES,
  type BucketFamily,
  cellCount,
  cellIndex,
  METRICS,
  type MetricDefinition,
  type SeriesSnapshot,
} from '@tickscope/core/internal';
import { describe, expect, it } from 'vitest';
import { summarize } from './summary.js';

function histogram(
  { name, family }: MetricDefinition,
  labels: Record<string, string>,
  valuesMillis: readonly number[],
): SeriesSnapshot {
  const of: BucketFamily = BUCKET_FAMILIES[family ?? 'compute'];
  const cells = new Float64Array(cellCount(of));
  for (const value of valuesMillis) cells[cellIndex(of, value)]++;
  const sum = valuesMillis.reduce((total, value) => total + value, 0);
  return {
    metric: name,
    labels,
    type: 'histogram',
    family: of,
    cells,
    sum,
    max: Math.max(0, ...valuesMillis),
  };
}

function counter({ name }: MetricDefinition, labels: Record<string, string>, value: number): SeriesSnapshot {
  return { metric: name, labels, type: 'counter', value };
}

const NO_RECENT = { windowMillis: 0, series: [] };

function figures(series: readonly SeriesSnapshot[], declaredStages: Record<string, string[]> = {}) {
  return summarize({ series, recent: NO_RECENT, declaredStages });
}

describe('the summary', () => {
  it('orders stages as declared, tick_total first, the default loop before others', () => {
    const stage = (name: string, loop?: string) =>
      histogram(METRICS.stageDuration, loop === undefined ? { stage: name } : { stage: name, loop }, [1]);
    const series = [
      stage('zz'),
      stage('net', 'hedge'),
      stage('aa'),
      stage('tick_total', 'hedge'),
      stage('emit'),
      stage('x', 'adhoc'),
      stage('fetch_md'),
      stage('tick_total'),
    ];
    const { stages } = figures(series, { hedge: ['net'], '': ['fetch_md', 'emit'] });
    expect(stages.map(({ loop, stage }) => `${loop ?? ''}/${stage}`)).toEqual([
      '/tick_total',
      '/fetch_md',
      '/emit',
      '/aa',
      '/zz',
      'hedge/tick_total',
      'hedge/net',
      'adhoc/x',
    ]);
  });

  it('gives quantiles within 0.4 % and never above the maximum', () => {
    const values = Array.from({ length: 1000 }, (_, index) => (index + 1) / 10);
    const [stage] = figures([histogram(METRICS.stageDuration, { stage: 'emit' }, values)]).stages;
    expect(stage).toMatchObject({ stage: 'emit', loop: null, count: 1000, maxMillis: 100 });
    expect(stage.p50Millis).toBeCloseTo(50, 0);
    expect(Math.abs((stage.p99Millis ?? 0) / 99 - 1)).toBeLessThan(0.004);
    const [single] = figures([histogram(METRICS.stageDuration, { stage: 'emit' }, [5.0001])]).stages;
    expect([single.p50Millis, single.p999Millis, single.maxMillis]).toEqual([5.0001, 5.0001, 5.0001]);
  });

  it('gives the maximum for quantiles beyond the range of the cells', () => {
    const [stage] = figures([histogram(METRICS.stageDuration, { stage: 'emit' }, [1, 60_000])]).stages;
    expect(stage).toMatchObject({ p99Millis: 60_000, maxMillis: 60_000 });
  });

  it('has null quantiles for a stage that never ran', () => {
    const [stage] = figures([histogram(METRICS.stageDuration, { stage: 'emit' }, [])]).stages;
    expect(stage).toMatchObject({ count: 0, maxMillis: 0, p50Millis: null, p999Millis: null });
  });

  it('adds counters up over loops', () => {
    const { ticksByOutcome, deadlineMisses, guardTrips, parallelSymbols } = figures([
      counter(METRICS.ticks, { outcome: 'ok' }, 5),
      counter(METRICS.ticks, { outcome: 'ok', loop: 'hedge' }, 2),
      counter(METRICS.ticks, { outcome: 'failed' }, 0),
      counter(METRICS.deadlineMisses, { stage: 'tick_total' }, 3),
      counter(METRICS.deadlineMisses, { stage: 'tick_total', loop: 'hedge' }, 1),
      counter(METRICS.guardTrips, { reason: 'stale_book' }, 4),
      { metric: METRICS.parallelSymbols.name, labels: {}, type: 'gauge', value: 6 },
    ]);
    expect({ ticksByOutcome, deadlineMisses, guardTrips, parallelSymbols }).toEqual({
      ticksByOutcome: { ok: 7, failed: 0 },
      deadlineMisses: 4,
      guardTrips: { stale_book: 4 },
      parallelSymbols: 6,
    });
  });

  it('joins request durations and outcomes by verb and api', () => {
    const { requests } = figures([
      histogram(METRICS.exchangeRequestDuration, { verb: 'POST', api: 'orders' }, [8, 8]),
      histogram(METRICS.exchangeRequestDuration, { verb: 'POST', api: 'orders', loop: 'hedge' }, [8]),
      counter(METRICS.exchangeRequests, { verb: 'POST', api: 'orders', outcome: 'ok' }, 2),
      counter(METRICS.exchangeRequests, { verb: 'POST', api: 'orders', outcome: 'ok', loop: 'hedge' }, 1),
      counter(METRICS.exchangeRequests, { verb: 'DELETE', api: 'orders', outcome: 'timeout' }, 1),
    ]);
    expect(requests).toEqual([
      {
        verb: 'DELETE',
        api: 'orders',
        outcomes: { timeout: 1 },
        p50Millis: null,
        p95Millis: null,
        p99Millis: null,
      },
      {
        verb: 'POST',
        api: 'orders',
        outcomes: { ok: 3 },
        p50Millis: 7.984375,
        p95Millis: 7.984375,
        p99Millis: 7.984375,
      },
    ]);
  });
});
