import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadThreshold, ratioOf, storeThreshold, thresholdOf } from './sampling.js';

const SPACE = 2 ** 32;
const words = new Int32Array(new SharedArrayBuffer(256));

describe('a rejection threshold', () => {
  test('comes back as it was stored, the one that samples nothing included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SPACE }), (threshold) => {
        storeThreshold(words, threshold);
        expect(loadThreshold(words)).toBe(threshold);
      }),
    );
    for (const threshold of [0, 1, 2 ** 31 - 1, 2 ** 31, SPACE - 1, SPACE, 0]) {
      storeThreshold(words, threshold);
      expect(loadThreshold(words)).toBe(threshold);
    }
  });

  test('stands for its ratio to within half of 2^-32', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (ratio) => {
        const threshold = thresholdOf(ratio);
        expect(Number.isInteger(threshold) && threshold >= 0 && threshold <= SPACE).toBe(true);
        expect(Math.abs(ratioOf(threshold) - ratio)).toBeLessThanOrEqual(0.5 / SPACE + Number.EPSILON);
        expect(thresholdOf(ratioOf(threshold))).toBe(threshold);
      }),
    );
  });

  test('falls as the ratio rises', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, (a, b) => {
        if (a <= b) expect(thresholdOf(a)).toBeGreaterThanOrEqual(thresholdOf(b));
      }),
    );
  });

  test('samples everything at one and nothing at zero', () => {
    expect([thresholdOf(1), thresholdOf(0)]).toEqual([0, SPACE]);
  });
});
