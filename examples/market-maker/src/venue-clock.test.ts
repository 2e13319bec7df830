import { expect, test } from 'vitest';
import { VenueClock } from './venue-clock.js';

test('the age of a message is measured on the venue’s clock', async () => {
  const aheadMillis = 60_000;
  const time = async () => ({ outcome: 'ok', body: { exchangeMillis: Date.now() + aheadMillis } }) as const;
  const clock = new VenueClock({ time });
  await clock.check();
  expect(clock.since(Date.now() + aheadMillis - 500)).toBeGreaterThan(400);
  expect(clock.since(Date.now() + aheadMillis - 500)).toBeLessThan(1500);
});

test('an answer that did not come changes nothing', async () => {
  const clock = new VenueClock({ time: async () => ({ outcome: 'timeout', problem: '' }) });
  await clock.check();
  expect(clock.since(Date.now())).toBeLessThan(1000);
});
