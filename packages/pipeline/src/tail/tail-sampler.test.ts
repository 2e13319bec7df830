import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS } from '../protocol.js';
import { TailSampler, type TickCandidate } from './tail-sampler.js';

const ORDINARY: TickCandidate = {
  missed: false,
  failed: false,
  guardTripCount: 0,
  unfinished: false,
  sampledByRatio: false,
};

test('an ordinary tick is sampled out, and nothing is allocated for it', () => {
  const sampler = new TailSampler(0);
  expect(sampler.decide(ORDINARY)).toEqual([]);
  expect(sampler.decide(ORDINARY)).toBe(sampler.decide(ORDINARY));
});

test.each([
  [{ missed: true }, ['deadline_miss']],
  [{ failed: true }, ['failure']],
  [{ guardTripCount: 3 }, ['guard_trip']],
  [{ unfinished: true }, ['unfinished']],
  [{ sampledByRatio: true }, ['ratio']],
  [{ sampledByRatio: true, guardTripCount: 1, missed: true }, ['deadline_miss', 'guard_trip', 'ratio']],
  [{ unfinished: true, failed: true }, ['failure', 'unfinished']],
])('%o is kept by %j', (facts, reasons) => {
  expect(new TailSampler(0).decide({ ...ORDINARY, ...facts })).toEqual(reasons);
});

test('every Nth tick is golden, whatever else it is', () => {
  const sampler = new TailSampler(3);
  const kept = Array.from({ length: 7 }, (_, tick) =>
    sampler.decide({ ...ORDINARY, sampledByRatio: tick >= 3 }).join('+'),
  );
  expect(kept).toEqual(['', '', 'golden', 'ratio', 'ratio', 'golden+ratio', 'ratio']);
});

test('a span without a tick is kept by the ratio or not at all', () => {
  const sampler = new TailSampler(1);
  expect(sampler.decideAlone(true)).toEqual(['ratio']);
  expect(sampler.decideAlone(false)).toEqual([]);
});

test('names exactly the reasons that apply, in order of importance', () => {
  const candidates = fc.record({
    missed: fc.boolean(),
    failed: fc.boolean(),
    guardTripCount: fc.nat(3),
    unfinished: fc.boolean(),
    sampledByRatio: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(candidates), fc.nat(5), (ticks, interval) => {
      const sampler = new TailSampler(interval);
      ticks.forEach((tick, index) => {
        const applies = {
          deadline_miss: tick.missed,
          failure: tick.failed,
          guard_trip: tick.guardTripCount > 0,
          unfinished: tick.unfinished,
          golden: interval > 0 && (index + 1) % interval === 0,
          ratio: tick.sampledByRatio,
        };
        expect(sampler.decide(tick)).toEqual(KEEP_REASONS.filter((reason) => applies[reason]));
      });
    }),
  );
});
