import { expect, test } from 'vitest';
import { RateView } from './rate-view.js';

test('the request budget is carried on between answers', () => {
  const view = new RateView();
  expect(view.estimate(0)).toBe(Number.POSITIVE_INFINITY);
  const headers = {
    'x-ratelimit-limit': '40',
    'x-ratelimit-remaining': '10',
    'x-ratelimit-reset-ms': '3000',
  };
  view.update(headers, 1000);
  view.spend();
  expect([view.estimate(1000), view.estimate(1500), view.estimate(99_999)]).toEqual([9, 14, 40]);
  view.update({}, 2000);
  expect(view.estimate(1000)).toBe(9);
});
