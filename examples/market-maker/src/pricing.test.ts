import { expect, test } from 'vitest';
import { CONFIG } from './config.js';
import { microPrice, price } from './pricing.js';

const touch = { bid: [100, 5], ask: [105, 5] } as const;

test('a heavy bid pushes the micro price towards the ask', () => {
  expect(microPrice(touch)).toBe(102.5);
  expect(microPrice({ ...touch, bid: [100, 20] })).toBe(104);
});

test('a position moves both prices against itself and never across the market', () => {
  const at = (position: number) => price(touch, position, 30, CONFIG.quote);
  expect(at(30).bidTicks).toBeLessThan(at(0).bidTicks);
  expect(at(30).askTicks).toBeLessThan(at(0).askTicks);
  expect(at(30).askTicks).toBeGreaterThan(touch.bid[0]);
  expect(at(-30).bidTicks).toBeLessThan(touch.ask[0]);
});
