import { beforeEach, expect, test } from 'vitest';
import type { Market } from './market.js';
import { Matching } from './matching.js';
import { PrivateJournal } from './private-journal.js';
import { loadScenario } from './scenario.js';
import { Truth } from './truth.js';
import type { PrivateMessage } from './wire.js';

const calm = loadScenario(new URL('../scenarios/calm.json', import.meta.url));
const market = { symbol: 'BTC-USD', bestBid: 100, bestAsk: 110 } as Market;
let truth: Truth;
let matching: Matching;
let events: string[];

function matchingWith(rejects = calm.rejects): Matching {
  const journal = new PrivateJournal();
  truth = new Truth();
  events = [];
  journal.follow(0, (message) => events.push(lineOf(message)));
  return new Matching({ ...calm, rejects }, 1, journal, truth);
}

function lineOf(message: PrivateMessage): string {
  switch (message.type) {
    case 'fill':
      return `fill ${message.clientId} ${message.lots}@${message.priceTicks} left ${message.remainingLots}`;
    case 'rejected':
      return `rejected ${message.op} ${message.clientId} ${message.reason}`;
    case 'market':
      return `market ${message.state}`;
    default:
      return `${message.type} ${message.clientId}`;
  }
}

let instructionId = 0;
const place = (clientId: string, side: 'buy' | 'sell', priceTicks: number, lots: number) => {
  instructionId += 1;
  return matching.execute({ op: 'place', instructionId, clientId, side, priceTicks, lots }, market);
};

beforeEach(() => {
  matching = matchingWith();
});

test('a taker fills what rests at the touch, as far as it reaches', () => {
  place('first', 'buy', 102, 5);
  place('second', 'buy', 100, 5);
  place('behind', 'buy', 99, 5);
  place('other-side', 'sell', 105, 5);
  matching.trade(market, { side: 'sell', lots: 8 });
  expect(events.slice(4)).toEqual(['fill first 5@102 left 0', 'fill second 3@100 left 2']);
  expect(truth.fills).toEqual({ count: 2, partial: 1, lots: 8 });
  expect(truth.orders).toMatchObject({ placed: 4, filled: 1 });
});

test('an order that the market has traded through is filled whole, at its own price', () => {
  place('low', 'sell', 105, 5);
  matching.trade({ ...market, bestBid: 105, bestAsk: 115 } as Market, undefined);
  expect(events.slice(1)).toEqual(['fill low 5@105 left 0']);
});

test('instructions are refused for a reason, and each refusal is counted', () => {
  place('a', 'buy', 100, 5);
  place('a', 'buy', 100, 5);
  place('crossing', 'buy', 110, 5);
  place('far', 'sell', 5000, 5);
  matching.execute({ op: 'amend', instructionId: 90, clientId: 'nobody', priceTicks: 1, lots: 1 }, market);
  matching.execute({ op: 'cancel', instructionId: 91, clientId: 'a' }, {
    ...market,
    symbol: 'ETH-USD',
  } as Market);
  expect(events.slice(1)).toEqual([
    'rejected place a duplicate_id',
    'rejected place crossing post_only_would_cross',
    'rejected place far price_band',
    'rejected amend nobody unknown_order',
    'rejected cancel a unknown_order',
  ]);
  expect(truth.toJson({ seed: 1, scenario: '', halted: false }, 0).rejects).toEqual({
    duplicate_id: 1,
    post_only_would_cross: 1,
    price_band: 1,
    unknown_order: 2,
  });
});

test('chance refusals come at the rate that the scenario names, and never to cancels', () => {
  matching = matchingWith({ insufficient_margin: 0.3, engine_busy: 0.2 });
  for (let index = 0; index < 2000; index += 1) {
    if (place(`o${index}`, 'buy', 100, 1).status === 'done') {
      matching.execute({ op: 'cancel', instructionId: -index, clientId: `o${index}` }, market);
    }
  }
  const { rejects } = truth.toJson({ seed: 1, scenario: '', halted: false }, 0);
  // Within five standard deviations of the binomial.
  expect(Math.abs((rejects.insufficient_margin ?? 0) - 600)).toBeLessThan(103);
  expect(Math.abs((rejects.engine_busy ?? 0) - 400)).toBeLessThan(90);
  expect(truth.orders.cancelled).toBe(truth.orders.placed);
});

test('an amendment changes price and size of what remains', () => {
  place('a', 'buy', 100, 5);
  matching.trade(market, { side: 'sell', lots: 2 });
  matching.execute({ op: 'amend', instructionId: 80, clientId: 'a', priceTicks: 101, lots: 9 }, market);
  expect(matching.open('BTC-USD')).toMatchObject([{ clientId: 'a', priceTicks: 101, remainingLots: 9 }]);
});

test('the journal replays what a client has missed, once and in order', () => {
  const journal = new PrivateJournal();
  for (const state of ['halted', 'open', 'halted'] as const) journal.append({ type: 'market', state });
  const seen: number[] = [];
  const unfollow = journal.follow(1, ({ sequence }) => seen.push(sequence));
  journal.append({ type: 'market', state: 'open' });
  unfollow?.();
  journal.append({ type: 'market', state: 'halted' });
  expect(seen).toEqual([2, 3, 4]);
});
