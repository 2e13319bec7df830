import { expect, test } from 'vitest';
import { CONFIG } from './config.js';
import { type GuardInput, Guards } from './guards.js';

const limits = CONFIG.guards;
const quote = { bidTicks: 99, askTicks: 106, lots: 10 };
const healthy: GuardInput = {
  touch: { bid: [100, 5], ask: [105, 5] },
  bookAgeMs: 0,
  positionLots: 0,
  requestsLeft: 100,
  profit: 0,
};
const check = (change: Partial<GuardInput>, guards = new Guards(limits)) =>
  guards.check({ ...healthy, ...change }, quote);
const withdrawn = { bidTicks: undefined, askTicks: undefined, lots: 10 };

test('a healthy market is quoted on both sides', () => {
  expect(check({})).toEqual({ trips: [], target: quote });
});

test.each([
  ['stale_book', { bookAgeMs: limits.maxBookAgeMs + 0.1 }],
  ['max_spread', { touch: { bid: [100, 5], ask: [101 + limits.maxSpreadTicks, 5] } as const }],
  ['loss_limit', { profit: -limits.maxLoss - 0.01 }],
])('%s withdraws both sides', (reason, change) => {
  expect(check(change)).toEqual({ trips: [reason], target: withdrawn });
});

test('at the limit itself nothing trips, but for the position', () => {
  const atLimits = {
    bookAgeMs: limits.maxBookAgeMs,
    profit: -limits.maxLoss,
    requestsLeft: limits.reservedRequests,
  };
  expect(check(atLimits).trips).toEqual([]);
  expect(check({ positionLots: limits.maxPositionLots }).trips).toEqual(['max_position']);
});

test('a full position is quoted on the side that reduces it', () => {
  expect(check({ positionLots: limits.maxPositionLots }).target).toEqual({ ...quote, bidTicks: undefined });
  expect(check({ positionLots: -limits.maxPositionLots }).target).toEqual({ ...quote, askTicks: undefined });
});

test('the reserve of the request budget is for withdrawing only', () => {
  const requestsLeft = limits.reservedRequests - 1;
  expect(check({ requestsLeft })).toEqual({ trips: ['rate_budget'], target: undefined });
  expect(check({ requestsLeft, bookAgeMs: 1e6 })).toEqual({
    trips: ['stale_book', 'rate_budget'],
    target: withdrawn,
  });
  expect(check({ requestsLeft: 0, bookAgeMs: 1e6 }).target).toBeUndefined();
});

test('the loss limit stays hit', () => {
  const guards = new Guards(limits);
  check({ profit: -limits.maxLoss - 1 }, guards);
  expect(check({ profit: 1000 }, guards).trips).toEqual(['loss_limit']);
});
