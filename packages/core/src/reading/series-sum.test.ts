import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUCKET_FAMILIES, type BucketFamily } from '../catalogue/buckets.js';
import { bucketCounts, cellCount, cellIndex, totalCount } from '../memory/histogram.js';
import type { HistogramSnapshot, SeriesSnapshot } from '../records.js';
import { sumHistograms, sumSeries } from './series-sum.js';

const { compute, compute_coarse } = BUCKET_FAMILIES;

function histogram(family: BucketFamily, values: readonly number[]): HistogramSnapshot {
  const cells = new Float64Array(cellCount(family));
  for (const value of values) cells[cellIndex(family, value)]++;
  const sum = values.reduce((a, b) => a + b, 0);
  return {
    metric: 'mm_stage_duration_ms',
    labels: { stage: 'emit' },
    type: 'histogram',
    family,
    cells,
    sum,
    max: Math.max(0, ...values),
  };
}

test('histograms of finer and of coarser cells add up to what all values give in the coarser ones', () => {
  const bound = fc.constantFrom(...compute.boundsMillis);
  const values = fc.array(fc.oneof(bound, fc.double({ min: 0, max: 20_000, noNaN: true })), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(values, values, values, (a, b, c) => {
      const parts = [histogram(compute, a), histogram(compute_coarse, b), histogram(compute, c)];
      const sum = sumHistograms(parts);
      const all = histogram(compute_coarse, [...a, ...b, ...c]);
      expect(sum.family).toBe(compute_coarse);
      expect(sum.cells).toEqual(all.cells);
      expect(sum.max).toBe(all.max);
      expect(sum.sum).toBeCloseTo(all.sum, 6);
      // The published buckets are those of the finer cells.
      const finer = histogram(compute, [...a, ...b, ...c]);
      expect(bucketCounts(sum.family, sum.cells)).toEqual(bucketCounts(compute, finer.cells));
      for (const part of parts) expect(totalCount(part.cells)).toBeLessThanOrEqual(totalCount(sum.cells));
    }),
  );
});

test('a histogram of one lane is as it was read, counters of several are added', () => {
  const counter = (value: number): SeriesSnapshot => ({
    metric: 'mm_ticks_total',
    labels: { outcome: 'ok' },
    type: 'counter',
    value,
  });
  const one = histogram(compute, [1, 2, 3]);
  expect(sumSeries([[one, counter(2)], [counter(3)], []])).toEqual([one, counter(5)]);
  expect(sumSeries([[one]])[0]).toBe(one);
});
