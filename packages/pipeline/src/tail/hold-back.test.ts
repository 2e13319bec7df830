import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeptTick } from '../kept-tick.js';
import { keptTick } from '../tick-record.test.fixture.js';
import { HoldBack } from './hold-back.js';

const OPTIONS = { holdBackMillis: 250, maxTicks: 100, maxSpans: 1000 };

function holdBackOf(options: Partial<typeof OPTIONS> = {}) {
  const released: KeptTick[] = [];
  const holdBack = new HoldBack({ ...OPTIONS, ...options }, (kept) => released.push(kept));
  return { holdBack, released };
}

test('a tick waits the hold-back and then leaves', () => {
  const { holdBack, released } = holdBackOf();
  const kept = keptTick(5);
  holdBack.add(kept, 1000);
  holdBack.release(1249);
  expect(released).toEqual([]);
  expect(holdBack.spans).toBe(5);
  holdBack.release(1250);
  expect(released).toEqual([kept]);
  expect(holdBack.spans).toBe(0);
});

test('beyond a bound the oldest leave early and are counted', () => {
  const { holdBack, released } = holdBackOf({ maxTicks: 2 });
  const ticks = [keptTick(), keptTick(), keptTick()];
  for (const kept of ticks) holdBack.add(kept, 0);
  expect(released).toEqual([ticks[0]]);
  expect(holdBack.releasedEarly).toBe(1);
});

test('a tick larger than the bound passes through', () => {
  const { holdBack, released } = holdBackOf({ maxSpans: 3 });
  const [small, large] = [keptTick(2), keptTick(4)];
  holdBack.add(small, 0);
  holdBack.add(large, 0);
  expect(released).toEqual([small, large]);
  expect(holdBack.spans).toBe(0);
});

test('without a hold-back ticks leave at the next release', () => {
  const { holdBack, released } = holdBackOf({ holdBackMillis: 0 });
  holdBack.add(keptTick(), 7);
  holdBack.release(7);
  expect(released).toHaveLength(1);
});

test('every tick leaves once, in order, never early unless a bound says so, and the count of spans is right', () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ waitMillis: fc.nat(200) }),
    fc.constant({ drainAll: true }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 100, size: 'max' }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 10, max: 60 }),
      (steps, maxTicks, maxSpans) => {
        const { holdBack, released } = holdBackOf({ maxTicks, maxSpans });
        const added: { kept: KeptTick; atMillis: number }[] = [];
        let nowMillis = 0;
        for (const action of steps) {
          if ('add' in action) {
            const kept = keptTick(action.add);
            added.push({ kept, atMillis: nowMillis });
            holdBack.add(kept, nowMillis);
          } else if ('waitMillis' in action) {
            nowMillis += action.waitMillis;
            const leftBefore = released.length;
            holdBack.release(nowMillis);
            for (const { atMillis } of added.slice(leftBefore, released.length)) {
              expect(nowMillis - atMillis).toBeGreaterThanOrEqual(OPTIONS.holdBackMillis);
            }
          } else {
            holdBack.drainAll();
            expect(holdBack.ticks).toBe(0);
          }
          expect(released).toEqual(added.slice(0, released.length).map(({ kept }) => kept));
          const waiting = added.slice(released.length);
          expect(holdBack.ticks).toBe(waiting.length);
          expect(holdBack.spans).toBe(waiting.reduce((sum, { kept }) => sum + kept.spans, 0));
          expect(holdBack.ticks).toBeLessThanOrEqual(maxTicks);
          expect(holdBack.spans).toBeLessThanOrEqual(maxSpans);
        }
      },
    ),
  );
});
