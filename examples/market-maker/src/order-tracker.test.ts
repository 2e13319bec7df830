import type { InstructionResult } from '@tickscope-examples/sim-exchange/wire';
import { beforeEach, expect, test } from 'vitest';
import type { OrderEvent } from './order-stream.js';
import { OrderTracker } from './order-tracker.js';

type Named = { readonly instructionId: number; readonly clientId: string };
/** What a test says about an event; sequence, time and symbol do not matter here. */
type Sketch = { readonly type: OrderEvent['type'] } & Record<string, unknown>;

let tracker: OrderTracker;
beforeEach(() => {
  tracker = new OrderTracker('t');
});

const place = (lots = 10) => tracker.place('A', 'buy', 100, lots);
const event = (sketch: Sketch) =>
  tracker.event({ sequence: 0, exchangeMillis: 0, symbol: 'A', ...sketch } as unknown as OrderEvent);
const named = ({ instructionId, clientId }: Named): Named => ({ instructionId, clientId });
const done = (instruction: Named): InstructionResult => ({ ...named(instruction), status: 'done' });
const refused = (instruction: Named): InstructionResult => ({
  ...named(instruction),
  status: 'rejected',
  reason: 'engine_busy',
});
const fill = ({ clientId }: Named, lots: number, remainingLots: number) =>
  event({ type: 'fill', clientId, side: 'buy', priceTicks: 100, lots, remainingLots });
const stateOf = ({ clientId }: Named) => tracker.get(clientId)?.state;
const orderOf = ({ clientId }: Named) => {
  const order = tracker.get(clientId);
  if (!order) throw new Error(`no order ${clientId}`);
  return order;
};

test('an order is sent, acked, partly filled, filled', () => {
  const order = place();
  const states = [stateOf(order)];
  tracker.answered([done(order)]);
  states.push(stateOf(order));
  fill(order, 4, 6);
  states.push(stateOf(order));
  fill(order, 6, 0);
  states.push(stateOf(order));
  expect(states.map((state) => state?.name)).toEqual(['sent', 'acked', 'partial', 'filled']);
  expect(tracker.live()).toEqual([]);
  expect(tracker.counts).toMatchObject({ placed: 1, fills: 2, partialFills: 1, filled: 1, filledLots: 10 });
});

test('answer and event say the same thing twice, in either order, and it counts once', () => {
  const first = place();
  tracker.answered([done(first)]);
  event({ type: 'accepted', ...named(first) });
  const second = place();
  event({ type: 'rejected', ...named(second), op: 'place', reason: 'engine_busy' });
  tracker.answered([refused(second)]);
  expect(tracker.counts).toMatchObject({ placed: 1, rejects: { engine_busy: 1 } });
  expect(stateOf(second)).toEqual({ name: 'rejected', reason: 'engine_busy' });
});

test('a fill that comes before the acknowledgement implies it', () => {
  const order = place();
  fill(order, 4, 6);
  expect(stateOf(order)).toEqual({ name: 'partial' });
  tracker.answered([done(order)]);
  expect(stateOf(order)).toEqual({ name: 'partial' });
  expect(tracker.counts).toMatchObject({ placed: 1, fills: 1 });
});

test('an order that is filled while its amendment is on its way stays filled', () => {
  const order = place();
  tracker.answered([done(order)]);
  const amendment = tracker.amend(orderOf(order), 101, 10);
  fill(order, 10, 0);
  tracker.answered([{ ...named(amendment), status: 'rejected', reason: 'unknown_order' }]);
  expect(stateOf(order)).toEqual({ name: 'filled' });
  expect(tracker.counts).toMatchObject({ amended: 0, rejects: { unknown_order: 1 } });
});

test('a batch settles each of its instructions by itself', () => {
  const [a, b] = [place(), place()];
  tracker.answered([done(a), done(b)]);
  const amend = tracker.amend(orderOf(a), 99, 8);
  const cancel = tracker.cancel(orderOf(b));
  const extra = place();
  tracker.answered([done(amend), done(cancel), refused(extra)]);
  expect(orderOf(a)).toMatchObject({ priceTicks: 99, remainingLots: 8, state: { name: 'acked' } });
  expect(stateOf(b)).toEqual({ name: 'cancelled' });
  expect(tracker.live('A')).toHaveLength(1);
  expect(tracker.counts).toMatchObject({ placed: 2, amended: 1, cancelled: 1, rejects: { engine_busy: 1 } });
});

test('a replayed event about an earlier amendment does not settle a later one', () => {
  const order = place();
  tracker.answered([done(order)]);
  const first = tracker.amend(orderOf(order), 101, 10);
  tracker.answered([done(first)]);
  const second = tracker.amend(orderOf(order), 102, 10);
  event({ type: 'amended', ...named(first), priceTicks: 101, remainingLots: 10 });
  expect(tracker.isBusy(order.clientId)).toBe(true);
  tracker.answered([refused(second)]);
  expect(tracker.counts).toMatchObject({ amended: 1, rejects: { engine_busy: 1 } });
  expect(orderOf(order).priceTicks).toBe(101);
});

test('an event about an order that nobody knows is counted; a fill still counts as a fill', () => {
  event({ type: 'accepted', instructionId: 1, clientId: 'stranger' });
  fill({ instructionId: 0, clientId: 'stranger' }, 3, 0);
  expect(tracker.counts).toMatchObject({ unknownEvents: 2, fills: 1, filledLots: 3, placed: 0 });
});

test('instructions that were not processed leave no trace but a count', () => {
  const resting = place();
  tracker.answered([done(resting)]);
  const amendment = tracker.amend(orderOf(resting), 105, 10);
  const placement = place();
  tracker.unprocessed([amendment, placement]);
  expect(orderOf(resting)).toMatchObject({ priceTicks: 100, state: { name: 'acked' } });
  expect(tracker.isBusy(resting.clientId)).toBe(false);
  expect(tracker.get(placement.clientId)).toBeUndefined();
  expect(tracker.counts).toMatchObject({ unprocessed: 2, rejects: {} });
});

test('without an answer an order is unknown until the stream tells', () => {
  const [arrived, refusedOrder] = [place(), place()];
  tracker.unanswered([arrived, refusedOrder]);
  expect([stateOf(arrived)?.name, stateOf(refusedOrder)?.name]).toEqual(['unknown', 'unknown']);
  event({ type: 'accepted', ...named(arrived) });
  event({ type: 'rejected', ...named(refusedOrder), op: 'place', reason: 'price_band' });
  expect([stateOf(arrived)?.name, stateOf(refusedOrder)?.name]).toEqual(['acked', 'rejected']);
  expect(tracker.unclear()).toEqual([]);
});

test('what is still unclear after reconciliation has never arrived', () => {
  const resting = place();
  tracker.answered([done(resting)]);
  const cancel = tracker.cancel(orderOf(resting));
  const placement = place();
  tracker.unanswered([cancel, placement]);
  const unclear = tracker.unclear();
  const later = place();
  tracker.unanswered([later]);
  expect(tracker.neverArrived(unclear)).toBe(2);
  expect(stateOf(resting)).toEqual({ name: 'acked' });
  expect(tracker.get(placement.clientId)).toBeUndefined();
  expect(tracker.unclear()).toEqual([later]);
});

test('differences to the open orders of the venue are found', () => {
  const [a, b] = [place(), place()];
  tracker.answered([done(a), done(b)]);
  const open = (clientId: string) => ({
    clientId,
    symbol: 'A',
    side: 'buy' as const,
    priceTicks: 1,
    remainingLots: 1,
  });
  const { orphans, ghosts } = tracker.compare([open(a.clientId), open('stranger')]);
  expect(orphans.map(({ clientId }) => clientId)).toEqual(['stranger']);
  expect(ghosts.map(({ clientId }) => clientId)).toEqual([b.clientId]);
  tracker.adopt(open('stranger'));
  tracker.answered([done(tracker.cancel(orderOf({ instructionId: 0, clientId: 'stranger' })))]);
  expect(tracker.counts.cancelled).toBe(1);
});

test('finished orders are forgotten, the oldest first', () => {
  const first = place();
  tracker.answered([refused(first)]);
  for (let index = 0; index < 4096; index += 1) tracker.answered([refused(place())]);
  expect(tracker.get(first.clientId)).toBeUndefined();
  expect(tracker.get('t-2')).toBeDefined();
});
