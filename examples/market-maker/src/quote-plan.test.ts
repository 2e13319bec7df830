import { expect, test } from 'vitest';
import { OrderTracker } from './order-tracker.js';
import { planQuotes } from './quote-plan.js';

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
