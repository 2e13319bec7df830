import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKET_FAMILIES, type BucketFamily } from '../catalogue/buckets.js';
import { Recording } from '../recording.test.fixture.js';
import {
  bucketCounts,
  cellCount,
  cellIndex,
  cellUpperBound,
  isCellEdge,
  quantileMillis,
  totalCount,
} from './histogram.js';

const FAMILIES = Object.values(BUCKET_FAMILIES);
const anyDouble = fc.double();
/** Values that a family's cells resolve: neither below its first octave nor above its last. */
function resolvedBy({ minExponent, maxExponent }: BucketFamily): fc.Arbitrary<number> {
  const span = { min: minExponent, max: maxExponent, noNaN: true } as const;
  return fc.double(span).map((exponent) => Math.min(2 ** exponent * (1 + 2 ** -52), 2 ** maxExponent));
}

/** The nearest doubles around a positive value. */
function neighbours(value: number): [below: number, above: number] {
  const words = new BigInt64Array(1);
  const double = new Float64Array(words.buffer);
  double[0] = value;
  words[0] -= 1n;
  const below = double[0];
  words[0] += 2n;
  return [below, double[0]];
}

function lowerBound(family: BucketFamily, index: number): number {
  return index === 0 ? 2 ** family.minExponent : cellUpperBound(family, index - 1);
}

function cellsOf(family: BucketFamily, values: readonly number[]): Float64Array {
  const cells = new Float64Array(cellCount(family));
  for (const value of values) cells[cellIndex(family, value)]++;
  return cells;
}

describe.each(FAMILIES.map((family) => [family.name, family] as const))(
  'the cells of %s',
  (_name, family) => {
    const last = cellCount(family) - 1;

    test('hold values in (lower, upper]', () => {
      fc.assert(
        fc.property(resolvedBy(family), (value) => {
          const index = cellIndex(family, value);
          expect(value).toBeGreaterThan(lowerBound(family, index));
          expect(value).toBeLessThanOrEqual(cellUpperBound(family, index));
        }),
      );
    });

    test('have an edge that belongs to the cell below it, every one of them', () => {
      for (let index = 0; index <= last; index++) {
        const upper = cellUpperBound(family, index);
        const [below, above] = neighbours(upper);
        if (cellIndex(family, upper) !== index) expect.fail(`edge ${upper} of cell ${index}`);
        if (cellIndex(family, below) !== index) expect.fail(`below ${upper}, cell ${index}`);
        if (cellIndex(family, above) !== Math.min(index + 1, last))
          expect.fail(`above ${upper}, cell ${index}`);
        if (!isCellEdge(family, upper) || isCellEdge(family, above)) expect.fail(`isCellEdge at ${upper}`);
      }
    });

    test('are contiguous, ascending and as wide as the family says', () => {
      for (let index = 0; index <= last; index++) {
        const [lower, upper] = [lowerBound(family, index), cellUpperBound(family, index)];
        if (!(lower < upper && (upper - lower) / lower <= 2 ** -family.cellBits))
          expect.fail(`cell ${index}`);
      }
      expect(cellUpperBound(family, last)).toBe(2 ** family.maxExponent);
    });

    test('keep the order of values', () => {
      fc.assert(
        fc.property(anyDouble, anyDouble, (a, b) => {
          if (a <= b) expect(cellIndex(family, a)).toBeLessThanOrEqual(cellIndex(family, b));
        }),
      );
    });

    test('take every number there is', () => {
      const small = [
        0,
        -0,
        -1,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        Number.MIN_VALUE,
        2 ** family.minExponent,
      ];
      for (const value of small) expect(cellIndex(family, value)).toBe(0);
      const large = [
        2 ** family.maxExponent,
        2 ** family.maxExponent + 1,
        Number.MAX_VALUE,
        Number.POSITIVE_INFINITY,
      ];
      for (const value of large) expect(cellIndex(family, value)).toBe(last);
      fc.assert(
        fc.property(anyDouble, (value) => {
          expect(cellIndex(family, value)).toBeGreaterThanOrEqual(0);
          expect(cellIndex(family, value)).toBeLessThanOrEqual(last);
        }),
      );
    });

    test('have the published bounds among their edges', () => {
      for (const bound of family.boundsMillis) expect(isCellEdge(family, bound)).toBe(true);
      expect([...family.boundsMillis].sort((a, b) => a - b)).toEqual(family.boundsMillis);
    });

    test('give the published buckets exactly as counting the values does', () => {
      const onOrNearABound = fc
        .constantFrom(...family.boundsMillis)
        .chain((bound) => fc.constantFrom(bound, ...neighbours(bound)));
      const values = fc.array(fc.oneof(onOrNearABound, resolvedBy(family), anyDouble), { maxLength: 200 });
      fc.assert(
        fc.property(values, (own) => {
          const expected = new Array<number>(family.boundsMillis.length + 1).fill(0);
          for (const value of own) {
            const bucket = family.boundsMillis.findIndex((bound) => !(value > bound));
            expected[bucket < 0 ? family.boundsMillis.length : bucket]++;
          }
          const cells = cellsOf(family, own);
          expect(bucketCounts(family, cells)).toEqual(expected);
          expect(totalCount(cells)).toBe(own.length);
        }),
      );
    });

    test('give quantiles within half a cell of the nearest-rank ones', () => {
      const values = fc.array(resolvedBy(family), { minLength: 1, maxLength: 200 });
      const quantile = fc.oneof(
        fc.constantFrom(0, 0.5, 0.95, 0.99, 0.999, 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
      );
      fc.assert(
        fc.property(values, quantile, (own, q) => {
          const sorted = [...own].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * own.length)) - 1];
          const estimate = quantileMillis(family, cellsOf(family, own), q);
          expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(0.512 / 2 ** family.cellBits);
        }),
      );
      expect(quantileMillis(family, new Float64Array(cellCount(family)), 0.5)).toBeNaN();
    });
  },
);

test('64 cells an octave are the fewest with every bound of compute among their edges', () => {
  const { compute, compute_coarse } = BUCKET_FAMILIES;
  expect(compute_coarse.boundsMillis).toEqual(compute.boundsMillis);
  const coarser = { ...compute, cellBits: compute_coarse.cellBits - 1 };
  const approximate = compute.boundsMillis.filter((bound) => !isCellEdge(coarser, bound));
  expect(approximate).toEqual([250, 500, 1000]);
});

describe('the recorder', () => {
  const { recorder } = new Recording();
  const { f64 } = recorder;
  // Durations are differences of clock readings: finite, and negative only if a caller's clock is.
  const special = [0, -0, -1, Number.MIN_VALUE, Number.MAX_VALUE, Number.POSITIVE_INFINITY];
  const finite = fc.double({ noNaN: true });

  /** The only cell of a block that an act adds to. */
  function cellHitBy(f64: Float64Array, family: BucketFamily, at: number, act: () => void): number {
    const before = f64.slice(at + 2, at + 2 + cellCount(family));
    act();
    const cells = f64.subarray(at + 2, at + 2 + cellCount(family));
    expect(totalCount(cells)).toBe(totalCount(before) + 1);
    return cells.findIndex((count, index) => count !== before[index]);
  }

  test.each(FAMILIES.map((family) => [family.name, family] as const))(
    'puts a duration into the cell that cellIndex gives, in %s',
    (name, family) => {
      const block = recorder.series.histogram(`test_${name}`, name, []);
      const values = fc.oneof(
        finite,
        resolvedBy(family),
        fc.constantFrom(...special, ...family.boundsMillis),
      );
      fc.assert(
        fc.property(values, (millis) => {
          const cell = cellHitBy(f64, family, block.at, () => recorder.recordDuration(block, millis));
          expect(cell).toBe(cellIndex(family, millis));
        }),
        { numRuns: 300 },
      );
    },
  );

  test.each([0, 8])('puts a stage into the same cell by its shorter way, with %d symbols', (symbolLimit) => {
    const { recorder } = new Recording({ symbolLimit });
    const { f64, stageFamily: family } = recorder;
    const { at } = recorder.series.histogram('test_stage', family.name, []);
    const edge = fc.nat(cellCount(family) - 1).map((index) => cellUpperBound(family, index));
    const values = fc.oneof(finite, resolvedBy(family), edge, fc.constantFrom(...special));
    fc.assert(
      fc.property(values, (millis) => {
        const cell = cellHitBy(f64, family, at, () => {
          recorder.recordStage(at, millis);
        });
        expect(cell).toBe(cellIndex(family, millis));
      }),
      { numRuns: 300 },
    );
  });
});
