import { expect, test } from 'vitest';
import { Market } from './market.js';
import { loadScenario } from './scenario.js';
import type { Level } from './wire.js';

const settings = loadScenario(new URL('../scenarios/default.json', import.meta.url)).market;

const history = (seed: number, steps: number) => {
  const market = new Market('BTC-USD', settings, seed);
  return Array.from({ length: steps }, () => [market.nextIntervalMillis(), market.step(8), market.bestBid]);
};

test('the market is a function of the seed', () => {
  expect(history(7, 500)).toEqual(history(7, 500));
  expect(history(7, 500)).not.toEqual(history(8, 500));
});

test('changes applied to the previous book give the next one', () => {
  const market = new Market('BTC-USD', settings, 7);
  const bids = new Map(market.bids);
  const asks = new Map(market.asks);
  const apply = (side: Map<number, number>, levels: readonly Level[]) => {
    for (const [price, lots] of levels) {
      if (lots === 0) expect(side.delete(price)).toBe(true);
      else side.set(price, lots);
    }
  };
  const byPrice = (levels: Iterable<Level>) => [...levels].sort((a, b) => a[0] - b[0]);
  for (let step = 0; step < 300; step += 1) {
    const update = market.step(step % 50 === 0 ? 40 : 8);
    apply(bids, update.bids);
    apply(asks, update.asks);
    expect(byPrice(bids)).toEqual(byPrice(market.bids));
    expect(byPrice(asks)).toEqual(byPrice(market.asks));
    expect(Math.max(...bids.keys())).toBe(market.bestBid);
    expect(Math.min(...asks.keys())).toBe(market.bestAsk);
  }
});
