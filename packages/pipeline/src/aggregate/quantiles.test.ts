import { BUCKET_FAMILIES, cellCount, cellIndex, quantileMillis } from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistogramSeries } from './histogram-series.js';
import { quantilesOf } from './quantiles.js';

const FAMILY = BUCKET_FAMILIES.compute;
const QS = [0.5, 0.95, 0.99, 0.999];

function series(valuesMillis: readonly number[]): HistogramSeries {
  const cells = new Float64Array(cellCount(FAMILY));
  for (const value of valuesMillis) cells[cellIndex(FAMILY, value)]++;
  return {
    metric: 'm',
    labels: {},
    type: 'histogram',
    family: FAMILY,
    cells,
    sum: 0,
    max: Math.max(0, ...valuesMillis),
  };
}

describe('several quantiles at once', () => {
  it('are those of the histogram, capped by the maximum', () => {
    const durations = fc.array(fc.double({ min: 0.001, max: 5000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(durations, (values) => {
        const one = series(values);
        const expected = QS.map((q) => Math.min(quantileMillis(FAMILY, one.cells, q), one.max));
        expect(quantilesOf(one, QS)).toEqual({ count: values.length, values: expected });
      }),
    );
  });

  it('are the maximum where the cells end, and null without values', () => {
    expect(quantilesOf(series([1, 60_000]), [0.99]).values).toEqual([60_000]);
    expect(quantilesOf(series([]), QS)).toEqual({ count: 0, values: [null, null, null, null] });
  });
});
