import { BUCKET_FAMILIES, type BucketFamily, cellCount, cellIndex } from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExponentialBuckets, exponentialBuckets } from './exponential-buckets.js';

const FAMILIES = Object.values(BUCKET_FAMILIES);

function cellsOf(family: BucketFamily, values: readonly number[]): Float64Array {
  const cells = new Float64Array(cellCount(family));
  for (const value of values) cells[cellIndex(family, value)]++;
  return cells;
}

/** The edges of the bucket that holds the value of this rank, from 1. */
function bucketOfRank({ scale, positive, zeroCount }: ExponentialBuckets, rank: number): [number, number] {
  let seen = zeroCount;
  for (const [place, count] of positive.bucketCounts.entries()) {
    seen += count;
    const index = positive.offset + place;
    if (seen >= rank) return [2 ** (index / 2 ** scale), 2 ** ((index + 1) / 2 ** scale)];
  }
  throw new Error('beyond the count');
}

describe('exponential buckets of log-linear cells', () => {
  it.each(FAMILIES)('of $name hold every value near enough for any quantile function', (family) => {
    const bound = family.cellBits === 7 ? 0.0094 : 0.0133;
    const exponent = { min: family.minExponent + 0.03, max: family.maxExponent, noNaN: true };
    const value = fc.double(exponent).map((power) => Math.min(2 ** power, 2 ** family.maxExponent));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
        const buckets = exponentialBuckets(family, cellsOf(family, values));
        const sorted = [...values].sort((a, b) => a - b);
        for (const [place, exact] of sorted.entries()) {
          const [lower, upper] = bucketOfRank(buckets, place + 1);
          expect(lower / exact).toBeGreaterThan(1 - bound);
          expect(upper / exact).toBeLessThan(1 + bound);
        }
      }),
    );
  });

  it('count what the cells count, without empty buckets at the ends', () => {
    const entries = fc.array(fc.tuple(fc.double({ min: 0, max: 1 }), fc.integer({ min: 1, max: 2 ** 40 })));
    fc.assert(
      fc.property(fc.constantFrom(...FAMILIES), entries, (family, places) => {
        const cells = new Float64Array(cellCount(family));
        for (const [place, count] of places) cells[Math.floor(place * (cells.length - 1))] += count;
        const { zeroCount, positive } = exponentialBuckets(family, cells);
        const total = positive.bucketCounts.reduce((sum, count) => sum + count, zeroCount);
        expect(total).toBe(cells.reduce((sum, count) => sum + count, 0));
        expect(positive.bucketCounts[0]).not.toBe(0);
        expect(positive.bucketCounts.at(-1)).not.toBe(0);
      }),
    );
  });

  it('put what is too small to be told from zero into the zero bucket', () => {
    const family = BUCKET_FAMILIES.compute;
    const { zeroCount, zeroThreshold, positive } = exponentialBuckets(
      family,
      cellsOf(family, [0, 2 ** -13, 2 ** -13 * (1 + 1 / 128), 1]),
    );
    expect({ zeroCount, zeroThreshold }).toEqual({ zeroCount: 3, zeroThreshold: 2 ** -13 * (1 + 1 / 128) });
    // 1 is the upper edge of bucket -1, in both grids.
    expect(positive).toEqual({ offset: -1, bucketCounts: [1] });
  });
});
