import { describe, expect, test } from 'vitest';
import {
  bootstrapDifferenceInterval,
  bootstrapInterval,
  interquartileRange,
  median,
  pairedRatio,
  quantile,
  seededRandom,
  shuffled,
} from './statistics.mjs';

describe('quantile', () => {
  test('interpolates between order statistics and does not depend on the order of the values', () => {
    expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
    expect(quantile([40, 10, 30, 20], 0)).toBe(10);
    expect(quantile([40, 10, 30, 20], 1)).toBe(40);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
  });

  test('leaves its argument untouched and sorts by number', () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  test('of nothing is NaN', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

test('the interquartile range is the width of the middle half', () => {
  expect(interquartileRange([1, 2, 3, 4, 5])).toBe(2);
});

describe('bootstrap', () => {
  test('an interval of equal values is that value', () => {
    expect(bootstrapInterval([7, 7, 7, 7])).toEqual([7, 7]);
  });

  test('an interval contains the median and stays inside the sample', () => {
    const values = [10, 11, 9, 12, 8, 10.5, 9.5, 30, 10];
    const [low, high] = bootstrapInterval(values);
    expect(low).toBeLessThanOrEqual(median(values));
    expect(high).toBeGreaterThanOrEqual(median(values));
    expect(low).toBeGreaterThanOrEqual(8);
    expect(high).toBeLessThanOrEqual(30);
  });

  test('the same seed gives the same interval', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    expect(bootstrapInterval(values, median, { seed: 5 })).toEqual(
      bootstrapInterval(values, median, { seed: 5 }),
    );
  });

  test('covers the true median about as often as it claims', () => {
    const random = seededRandom(3);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const sample = Array.from({ length: 15 }, () => random());
      const [low, high] = bootstrapInterval(sample, median, { resamples: 200, seed: trial });
      if (low <= 0.5 && 0.5 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(170);
  });

  test('a difference of two samples far apart excludes zero, of one with itself includes it', () => {
    const low = [1, 2, 3, 2, 1, 2];
    const high = [11, 12, 13, 12, 11, 12];
    expect(bootstrapDifferenceInterval(high, low)[0]).toBeGreaterThan(0);
    const [from, to] = bootstrapDifferenceInterval(low, low);
    expect(from).toBeLessThanOrEqual(0);
    expect(to).toBeGreaterThanOrEqual(0);
  });
});

test('a paired ratio cancels what slows both sides of a round', () => {
  const ratio = pairedRatio([20, 60, 22], [10, 30, 11]);
  expect(ratio.median).toBe(2);
  expect(ratio.interval).toEqual([2, 2]);
  expect(() => pairedRatio([1], [1, 2])).toThrow(/equal lengths/);
});

test('shuffling keeps every item and is repeatable', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const once = shuffled(items, seededRandom(9));
  expect(once).not.toEqual(items);
  expect([...once].sort((a, b) => a - b)).toEqual(items);
  expect(shuffled(items, seededRandom(9))).toEqual(once);
});
