import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { metricText } from '../openmetrics/openmetrics-text.js';
import { ApiMetrics } from './api-metrics.js';
import { encodeMetrics } from './otlp-metrics-json.js';

type Point = { attributes: Record<string, unknown>; value: unknown };

function metric(name: string, points: readonly Point[], changes: Partial<Record<string, unknown>> = {}) {
  return {
    descriptor: { name, description: '', unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: points.map((point) => ({ startTime: [1, 0], endTime: [2, 0], ...point })),
    ...changes,
  } as unknown as MetricData;
}

function counter(name: string, value: number, attributes: Record<string, unknown> = {}) {
  return metric(name, [{ attributes, value }]);
}

function apiMetrics(...snapshots: readonly unknown[][]): ApiMetrics {
  const takenMillis = performance.timeOrigin + performance.now();
  return new ApiMetrics({
    refresh: async () => {},
    snapshots: () => snapshots.map((scopeMetrics) => ({ takenMillis, scopeMetrics })),
  });
}

function scope(metrics: readonly unknown[], name = 's') {
  return { scope: { name }, metrics };
}

function lines(metrics: ApiMetrics): string[] {
  const text = [...metrics.chunks(false)].map(metricText).join('');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('metrics of the bot', () => {
  it('are one family for each name, whatever their scopes, and equal counters add up', () => {
    const metrics = apiMetrics(
      [scope([counter('a', 1)], 'x'), scope([counter('a', 2), counter('b', 3)], 'y')],
      [scope([counter('a', 4, { k: 'v' })], 'x')],
    );
    expect(lines(metrics)).toEqual(['a_total 3', 'a_total{k="v"} 4', 'b_total 3']);
  });

  it('keep the first of two gauges or unlike histograms that say different things of the same', () => {
    const gauge = (value: number) =>
      metric('g', [{ attributes: {}, value }], { dataPointType: DataPointType.GAUGE });
    const histogram = (boundaries: number[], counts: number[]) =>
      metric('h', [{ attributes: {}, value: { buckets: { boundaries, counts }, count: 1, sum: 1 } }], {
        dataPointType: DataPointType.HISTOGRAM,
      });
    const metrics = apiMetrics(
      [scope([gauge(1), histogram([1], [1, 0])])],
      [scope([gauge(2), histogram([2], [1, 0])])],
      [scope([histogram([1], [0, 1])])],
    );
    expect(lines(metrics)).toEqual([
      'g 1',
      'h_bucket{le="1.0"} 1',
      'h_bucket{le="+Inf"} 2',
      'h_count 2',
      'h_sum 2',
    ]);
    expect(metrics.readings?.leftOut).toMatchObject({ duplicate: 2 });
  });

  it('are bounded', () => {
    const points = Array.from({ length: 15_000 }, (_, index) => ({ attributes: { k: index }, value: 1 }));
    const metrics = apiMetrics([scope([metric('a', points), metric('b', points)])]);
    expect(lines(metrics)).toHaveLength(20_000);
    expect(metrics.readings?.leftOut).toMatchObject({ too_many: 10_000 });
  });

  it('are left out, and counted, where they are nothing that can be shown', async () => {
    const delta = { aggregationTemporality: AggregationTemporality.DELTA };
    const nonsense = [null, 7, {}, { scope: { name: 1 }, metrics: [] }, { scope: { name: 's' } }];
    const metrics = apiMetrics([
      ...nonsense,
      scope([
        null,
        {},
        metric('a', [{ attributes: {}, value: 1 }], delta),
        { ...counter('a', 1), dataPointType: 9 },
        metric('b', [null, {}, { attributes: null, value: 1 }, { attributes: {}, value: 'x' }] as never),
        metric('h', [{ attributes: {}, value: {} }], { dataPointType: DataPointType.HISTOGRAM }),
        counter('___', 1),
        counter('ok', 1),
      ]),
    ]);
    expect(lines(metrics)).toEqual(['ok_total 1']);
    expect(metrics.readings?.leftOut).toMatchObject({ unsupported: 14 });
    const { resourceMetrics } = await metrics.collect();
    expect(resourceMetrics.scopeMetrics[0].metrics.map(({ descriptor }) => descriptor.name)).toEqual([
      '___',
      'ok',
    ]);
  });

  it('may have attributes of any kind', async () => {
    const cyclic: unknown[] = [1];
    cyclic.push(cyclic);
    const attributes = { big: 10n, cyclic, bytes: new Uint8Array([1]), map: new Map(), none: null };
    const metrics = apiMetrics([scope([counter('a', 1, attributes)])]);
    expect(lines(metrics)).toEqual([
      'a_total{big="10",bytes="{\\"0\\":1}",cyclic="1,",map="{}",none="null"} 1',
    ]);
    const { resourceMetrics } = await metrics.collect();
    const body = JSON.parse(String(await encodeMetrics(resourceMetrics)));
    const [point] = body.resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints;
    expect(point.attributes).toContainEqual({ key: 'big', value: { stringValue: '10' } });
    expect(point.attributes).toContainEqual({ key: 'bytes', value: { bytesValue: 'AQ==' } });
    expect(point.attributes).toContainEqual({ key: 'none', value: {} });
  });

  it('say nothing where there are none', () => {
    expect(apiMetrics().readings).toBeUndefined();
    expect(lines(apiMetrics())).toEqual([]);
  });
});
