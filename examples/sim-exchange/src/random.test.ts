import { expect, test } from 'vitest';
import { drawLatencyMillis } from './latency.js';
import { randomStream } from './random.js';

const draws = (seed: number, name: string, count: number) => {
  const random = randomStream(seed, name);
  return Array.from({ length: count }, random);
};

test('a stream is a function of seed and name', () => {
  expect(draws(7, 'a', 100)).toEqual(draws(7, 'a', 100));
  expect(draws(7, 'a', 100)).not.toEqual(draws(8, 'a', 100));
  expect(draws(7, 'a', 100)).not.toEqual(draws(7, 'b', 100));
});

test('draws are uniform in [0, 1)', () => {
  const values = draws(1, 'uniform', 100_000);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const buckets = new Array<number>(10).fill(0);
  for (const value of values) buckets[Math.floor(value * 10)] += 1;
  // Five standard deviations of a bucket's count are 474.
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(474);
});

test('latencies have the median, the spread and the tail that the scenario names', () => {
  const random = randomStream(3, 'latency');
  const latency = { medianMs: 8, sigma: 0.45, tailProbability: 0.01, tailMaxMs: 150 };
  const sorted = Array.from({ length: 50_000 }, () => drawLatencyMillis(latency, random)).sort(
    (a, b) => a - b,
  );
  const quantile = (share: number) => sorted[Math.floor(share * sorted.length)];
  expect(quantile(0.5)).toBeCloseTo(8 * 1.006, 0);
  // exp(0.45) medians is one standard deviation up: 84.13 % of the body, and no tail below 24 ms.
  expect(quantile(0.8413 * 0.99)).toBeCloseTo(8 * Math.exp(0.45), 0);
  expect(sorted.filter((value) => value > 60).length / sorted.length).toBeCloseTo(0.005, 3);
  expect(sorted[sorted.length - 1]).toBeLessThanOrEqual(150);
});

test('every latency takes the same number of draws, so that one never shifts the next', () => {
  let taken = 0;
  const count = (value: number) => () => {
    taken += 1;
    return value;
  };
  const latency = { medianMs: 8, sigma: 0.45, tailProbability: 0.5, tailMaxMs: 150 };
  drawLatencyMillis(latency, count(0.2));
  const inTail = taken;
  drawLatencyMillis(latency, count(0.9));
  expect(taken).toBe(2 * inTail);
});
