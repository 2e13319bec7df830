import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS } from '../protocol.js';
import { KeptIds } from './kept-ids.js';

test('a late span finds the reasons of its tick, by lane and sequence', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 7, { keptBy: ['deadline_miss'], threshold: 0 });
  ids.remember(1, 7, { keptBy: ['ratio'], threshold: 0 });
  expect(ids.decisionOf(0, 7)?.keptBy).toEqual(['deadline_miss']);
  expect(ids.decisionOf(1, 7)?.keptBy).toEqual(['ratio']);
  expect(ids.decisionOf(0, 8)?.keptBy).toBeUndefined();
});

test('a tick that the budget refused is told from one that is unknown', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 1, { keptBy: [], threshold: 0 });
  expect(ids.decisionOf(0, 1)?.keptBy).toEqual([]);
});

test('the oldest are forgotten, remembering again makes one the newest', () => {
  const ids = new KeptIds(2);
  ids.remember(0, 1, { keptBy: ['ratio'], threshold: 0 });
  ids.remember(0, 2, { keptBy: ['ratio'], threshold: 0 });
  ids.remember(0, 1, { keptBy: ['failure'], threshold: 0 });
  ids.remember(0, 3, { keptBy: ['ratio'], threshold: 0 });
  expect(ids.size).toBe(2);
  expect(ids.decisionOf(0, 2)?.keptBy).toBeUndefined();
  expect(ids.decisionOf(0, 1)?.keptBy).toEqual(['failure']);
  expect(ids.decisionOf(0, 3)?.keptBy).toEqual(['ratio']);
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
          ids.remember(lane, sequence, { keptBy, threshold: 0 });
          const latest = new Map(
            all
              .slice(Math.max(0, index + 1 - capacity), index + 1)
              .map((of) => [`${of.lane}:${of.sequence}`, of.keptBy]),
          );
          expect(ids.size).toBe(latest.size);
          expect(all.map((of) => ids.decisionOf(of.lane, of.sequence)?.keptBy)).toEqual(
            all.map((of) => latest.get(`${of.lane}:${of.sequence}`)),
          );
        });
      },
    ),
  );
});
