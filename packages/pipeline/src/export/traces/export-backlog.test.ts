import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS, type KeepReason } from '../../protocol.js';
import { type BacklogEntry, ExportBacklog } from './export-backlog.js';

let order = 0;
const entry = (reason: KeepReason, spans: number): BacklogEntry => ({
  spans,
  keptBy: [reason],
  order: ++order,
});

function offer(backlog: ExportBacklog<BacklogEntry>, one: BacklogEntry) {
  const evicted: BacklogEntry[] = [];
  const accepted = backlog.offer(one, (victim) => evicted.push(victim));
  return { accepted, evicted };
}

test('the most important leave first, among equals the oldest', () => {
  const backlog = new ExportBacklog(100);
  const [ratio, miss, late, guard] = [
    entry('ratio', 1),
    entry('deadline_miss', 1),
    entry('deadline_miss', 1),
    entry('guard_trip', 1),
  ];
  for (const one of [ratio, miss, late, guard]) offer(backlog, one);
  expect(backlog.takeBatch(10)).toEqual([miss, late, guard, ratio]);
});

test('a batch is whole entries up to its size, or one that is larger', () => {
  const backlog = new ExportBacklog(100);
  const [three, four, twenty] = [entry('ratio', 3), entry('ratio', 4), entry('ratio', 20)];
  for (const one of [three, four, twenty]) offer(backlog, one);
  expect(backlog.takeBatch(10)).toEqual([three, four]);
  expect(backlog.takeBatch(10)).toEqual([twenty]);
  expect(backlog.takeBatch(10)).toEqual([]);
});

test('less important entries give way, the oldest of the least important first', () => {
  const backlog = new ExportBacklog(10);
  const [golden, old, young] = [entry('golden', 4), entry('ratio', 3), entry('ratio', 3)];
  for (const one of [golden, old, young]) offer(backlog, one);
  const miss = entry('deadline_miss', 2);
  expect(offer(backlog, miss)).toEqual({ accepted: true, evicted: [old] });
  expect(backlog.takeBatch(100)).toEqual([miss, golden, young]);
});

test('an equally or more important entry never gives way, and nothing goes for a tick that does not fit', () => {
  const backlog = new ExportBacklog(10);
  const [miss, ratio] = [entry('deadline_miss', 6), entry('ratio', 4)];
  for (const one of [miss, ratio]) offer(backlog, one);
  expect(offer(backlog, entry('ratio', 1))).toEqual({ accepted: false, evicted: [] });
  expect(offer(backlog, entry('deadline_miss', 5))).toEqual({ accepted: false, evicted: [] });
  expect(backlog.spans).toBe(10);
});

test('what arrived up to a point can be removed and asked for', () => {
  const backlog = new ExportBacklog(10);
  const [first, second, third] = [entry('ratio', 1), entry('deadline_miss', 1), entry('ratio', 1)];
  for (const one of [first, second, third]) offer(backlog, one);
  const removed: BacklogEntry[] = [];
  backlog.removeUpTo(second.order, (one) => removed.push(one));
  expect(removed).toEqual([second, first]);
  expect(backlog.holdsUpTo(second.order)).toBe(false);
  expect(backlog.holdsUpTo(third.order)).toBe(true);
});

test('bounded, no entry lost or doubled, room made only by the less important', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...KEEP_REASONS), fc.integer({ min: 1, max: 30 })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const backlog = new ExportBacklog(100);
      const inside = new Set<BacklogEntry>();
      for (const action of steps) {
        if (typeof action === 'number') {
          for (const taken of backlog.takeBatch(action)) expect(inside.delete(taken)).toBe(true);
        } else {
          const one = entry(...action);
          const { accepted, evicted } = offer(backlog, one);
          for (const victim of evicted) {
            expect(inside.delete(victim)).toBe(true);
            expect(KEEP_REASONS.indexOf(victim.keptBy[0])).toBeGreaterThan(KEEP_REASONS.indexOf(action[0]));
          }
          if (accepted) inside.add(one);
          else expect(evicted).toEqual([]);
        }
        expect(backlog.spans).toBe([...inside].reduce((sum, { spans }) => sum + spans, 0));
        expect(backlog.spans).toBeLessThanOrEqual(100);
      }
      expect(new Set(backlog.takeBatch(1000))).toEqual(inside);
    }),
  );
});
