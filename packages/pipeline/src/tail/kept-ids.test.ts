import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS } from '../protocol.js';
import { KeptIds } from './kept-ids.js';

test('a late span finds the reasons of its tick, by lane and sequence', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 7, ['deadline_miss']);
  ids.remember(1, 7, ['ratio']);
  expect(ids.reasonsOf(0, 7)).toEqual(['deadline_miss']);
  expect(ids.reasonsOf(1, 7)).toEqual(['ratio']);
  expect(ids.reasonsOf(0, 8)).toBeUndefined();
});

test('a tick that the budget refused is told from one that is unknown', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 1, []);
  expect(ids.reasonsOf(0, 1)).toEqual([]);
});

test('the oldest are forgotten, remembering again makes one the newest', () => {
  const ids = new KeptIds(2);
  ids.remember(0, 1, ['ratio']);
  ids.remember(0, 2, ['ratio']);
  ids.remember(0, 1, ['failure']);
  ids.remember(0, 3, ['ratio']);
  expect(ids.size).toBe(2);
  expect(ids.reasonsOf(0, 2)).toBeUndefined();
  expect(ids.reasonsOf(0, 1)).toEqual(['failure']);
  expect(ids.reasonsOf(0, 3)).toEqual(['ratio']);
});

test('remembers what a map with the same bound remembers', () => {
  const decision = fc.record({
    lane: fc.nat(2),
    // Apart by powers of two, too: these are the ones that a weak hash would throw together.
    sequence: fc.oneof(
      fc.nat(40),
      fc.nat(6).map((power) => 2 ** (power * 8)),
    ),
    keptBy: fc.subarray([...KEEP_REASONS]),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(decision, { maxLength: 60, size: 'max' }),
      (capacity, all) => {
        const ids = new KeptIds(capacity);
        all.forEach(({ lane, sequence, keptBy }, index) => {
          ids.remember(lane, sequence, keptBy);
          const latest = new Map(
            all
              .slice(Math.max(0, index + 1 - capacity), index + 1)
              .map((of) => [`${of.lane}:${of.sequence}`, of.keptBy]),
          );
          expect(ids.size).toBe(latest.size);
          expect(all.map((of) => ids.reasonsOf(of.lane, of.sequence))).toEqual(
            all.map((of) => latest.get(`${of.lane}:${of.sequence}`)),
          );
        });
      },
    ),
  );
});
