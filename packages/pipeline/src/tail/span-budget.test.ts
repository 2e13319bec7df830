import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS, type KeepReason } from '../protocol.js';
import { SpanBudget } from './span-budget.js';

function budgetOf(spansPerSecond: number) {
  const clock = { nowMillis: 0 };
  return { budget: new SpanBudget(spansPerSecond, () => clock.nowMillis), clock };
}

/** Ticks of one span that are kept until the first refusal. */
function burst(budget: SpanBudget, reason: KeepReason): number {
  let kept = 0;
  while (kept < 100_000 && budget.tryTake([reason], 1)) kept++;
  return kept;
}

test('what ordinary ticks may not use is there for failures and misses', () => {
  const { budget } = budgetOf(1000);
  expect(burst(budget, 'ratio')).toBe(750);
  expect(burst(budget, 'golden')).toBe(50);
  expect(burst(budget, 'unfinished')).toBe(50);
  expect(burst(budget, 'guard_trip')).toBe(50);
  expect(burst(budget, 'failure')).toBe(50);
  expect(burst(budget, 'deadline_miss')).toBe(50);
});

test('alone, ordinary ticks get the whole rate', () => {
  const { budget, clock } = budgetOf(1000);
  burst(budget, 'ratio');
  let kept = 0;
  for (; clock.nowMillis < 10_000; clock.nowMillis += 100) kept += burst(budget, 'ratio');
  expect(kept).toBe(9900);
});

test('under lasting overload by misses nothing less important is kept', () => {
  const { budget, clock } = budgetOf(1000);
  burst(budget, 'deadline_miss');
  const kept = { deadline_miss: 0, guard_trip: 0, ratio: 0 };
  for (; clock.nowMillis < 10_000; clock.nowMillis += 10) {
    kept.ratio += burst(budget, 'ratio');
    kept.guard_trip += burst(budget, 'guard_trip');
    kept.deadline_miss += burst(budget, 'deadline_miss');
  }
  expect(kept).toEqual({ deadline_miss: 9990, guard_trip: 0, ratio: 0 });
});

test('the most important of several reasons decides', () => {
  const { budget } = budgetOf(100);
  burst(budget, 'ratio');
  expect(budget.tryTake(['ratio'], 5)).toBe(false);
  expect(budget.tryTake(['deadline_miss', 'guard_trip', 'ratio'], 5)).toBe(true);
});

test('a tick larger than the budget is kept once the bucket is full, and paid back first', () => {
  const { budget, clock } = budgetOf(10);
  expect(budget.tryTake(['ratio'], 25)).toBe(true);
  clock.nowMillis = 2400;
  expect(budget.tryTake(['ratio'], 25)).toBe(false);
  clock.nowMillis = 2500;
  expect(budget.tryTake(['ratio'], 25)).toBe(true);
});

test('a budget of nothing keeps nothing', () => {
  const { budget, clock } = budgetOf(0);
  clock.nowMillis = 5000;
  expect(budget.tryTake(['deadline_miss'], 1)).toBe(false);
});

test('never keeps more than the time that has passed, and one second, are worth', () => {
  const tick = fc.record({
    waitMillis: fc.nat(400),
    reason: fc.constantFrom(...KEEP_REASONS),
    spans: fc.integer({ min: 1, max: 70 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 2000 }),
      fc.array(tick, { maxLength: 120, size: 'max' }),
      (rate, ticks) => {
        const { budget, clock } = budgetOf(rate);
        const keptAt: { atMillis: number; spans: number }[] = [];
        for (const { waitMillis, reason, spans } of ticks) {
          clock.nowMillis += waitMillis;
          if (budget.tryTake([reason], spans)) keptAt.push({ atMillis: clock.nowMillis, spans });
        }
        for (let first = 0; first < keptAt.length; first++) {
          let spans = 0;
          for (let last = first; last < keptAt.length; last++) {
            spans += keptAt[last].spans;
            const seconds = (keptAt[last].atMillis - keptAt[first].atMillis) / 1000;
            expect(spans).toBeLessThanOrEqual((seconds + 1) * rate + 1e-6);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});
