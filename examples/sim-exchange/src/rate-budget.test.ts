import { expect, test } from 'vitest';
import { RateBudget } from './rate-budget.js';

test('a burst is served, then the rate', () => {
  const budget = new RateBudget(10, 3, 0);
  expect([budget.take(0), budget.take(0), budget.take(0), budget.take(0)]).toEqual([true, true, true, false]);
  expect([budget.take(99), budget.take(100), budget.take(100)]).toEqual([false, true, false]);
});

test('the headers tell what is left and when all of it is back', () => {
  const budget = new RateBudget(10, 3, 0);
  budget.take(0);
  expect(budget.headers(0)).toEqual({
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '2',
    'x-ratelimit-reset-ms': '100',
  });
  expect(budget.headers(1000)['x-ratelimit-remaining']).toBe('3');
});

test('a lower rate takes effect at once', () => {
  const budget = new RateBudget(10, 3, 0);
  budget.setRate(1, 0);
  expect(budget.take(0)).toBe(false);
  expect(budget.headers(0)['x-ratelimit-reset-ms']).toBe('3000');
  budget.setRate(10, 500);
  expect([budget.take(500), budget.take(550)]).toEqual([false, true]);
});
