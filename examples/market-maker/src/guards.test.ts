import { expect, test } from 'vitest';
import { CONFIG } from './config.js';
import { type GuardInput, Guards } from './guards.js';
import { OrderTracker } from './order-tracker.js';
import { price } from './pricing.js';
import { planQuotes } from './quote-plan.js';
import { RateView } from './rate-view.js';

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

test('a position moves both prices against itself and never across the market', () => {
  const at = (position: number) => price(healthy.touch, position, 30, CONFIG.quote);
  expect(at(30).bidTicks).toBeLessThan(at(0).bidTicks);
  expect(at(30).askTicks).toBeLessThan(at(0).askTicks);
  expect(at(30).askTicks).toBeGreaterThan(healthy.touch.bid[0]);
  expect(at(-30).bidTicks).toBeLessThan(healthy.touch.ask[0]);
});

test('the plan places, amends, leaves alone and cancels', () => {
  const tracker = new OrderTracker('t');
  const planned = (bidTicks: number | undefined, askTicks: number | undefined) => {
    const plan = planQuotes(tracker, 'A', { bidTicks, askTicks, lots: 10 }, 2);
    tracker.answered(
      plan.map(({ instructionId, clientId }) => ({ instructionId, clientId, status: 'done' })),
    );
    return plan.map((instruction) =>
      'priceTicks' in instruction ? `${instruction.op} ${instruction.priceTicks}` : instruction.op,
    );
  };
  expect(planned(99, 106)).toEqual(['place 99', 'place 106']);
  expect(planned(98, 108)).toEqual(['amend 108']);
  expect(planned(undefined, 108)).toEqual(['cancel']);
  expect(planned(undefined, undefined)).toEqual(['cancel']);
  expect(planned(undefined, undefined)).toEqual([]);
});

test('an order with an instruction on its way is left alone', () => {
  const tracker = new OrderTracker('t');
  const target = { bidTicks: 99, askTicks: undefined, lots: 10 };
  expect(planQuotes(tracker, 'A', target, 2)).toHaveLength(1);
  expect(planQuotes(tracker, 'A', { ...target, bidTicks: 50 }, 2)).toEqual([]);
});

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
