import {
  BUCKET_FAMILIES,
  type BucketFamily,
  cellCount,
  METRICS,
  type SeriesSnapshot,
} from '@tickscope/core/internal';
import { expect, it } from 'vitest';
import { acrossSymbols } from './across-symbols.js';

function stage(
  labels: Readonly<Record<string, string>>,
  count: number,
  family: BucketFamily = BUCKET_FAMILIES.compute_coarse,
): SeriesSnapshot {
  const cells = new Float64Array(cellCount(family));
  cells[(8 << family.cellBits) + 1] = count;
  const metric = METRICS.stageDuration.name;
  return { metric, labels, type: 'histogram', family, cells, sum: count * 2, max: count };
}

const MISSES: SeriesSnapshot = {
  metric: METRICS.deadlineMisses.name,
  labels: { stage: 'tick_total', symbol: 'A' },
  type: 'counter',
  value: 3,
};

it('adds up the symbols of a stage, those without and those beyond the limit included', () => {
  const series = [
    stage({ stage: 'emit' }, 1),
    stage({ stage: 'emit', symbol: 'A' }, 2),
    MISSES,
    stage({ stage: 'spread', symbol: 'A' }, 4),
    stage({ stage: 'emit', symbol: 'B', loop: 'hedge' }, 8),
    stage({ 'otel.metric.overflow': 'true', stage: 'emit' }, 16),
    stage({ loop: 'hedge', stage: 'emit' }, 32),
  ];
  const emit = stage({ stage: 'emit' }, 19);
  const hedge = stage({ stage: 'emit', loop: 'hedge' }, 40);
  expect(acrossSymbols(series)).toEqual([
    { ...emit, max: 16 },
    stage({ stage: 'spread' }, 4),
    { ...hedge, max: 32 },
    MISSES,
  ]);
});

it('adds up a thread that tells symbols apart and one that does not', () => {
  const [sum, ...others] = acrossSymbols([
    stage({ stage: 'emit' }, 5, BUCKET_FAMILIES.compute),
    stage({ stage: 'emit', symbol: 'A' }, 7),
  ]);
  expect(others).toEqual([]);
  expect(sum).toMatchObject({ labels: { stage: 'emit' }, family: BUCKET_FAMILIES.compute_coarse, sum: 24 });
});

it('leaves series alone that are not told apart', () => {
  const series = [
    stage({ stage: 'emit' }, 1),
    MISSES,
    // For which the memory had no room, of whatever stage.
    stage({ 'otel.metric.overflow': 'true' }, 1),
  ];
  const across = acrossSymbols(series);
  expect(across).toHaveLength(3);
  across.forEach((one, index) => {
    expect(one).toBe(series[index]);
  });
});
