import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReaderMaximum } from './reader-maximum.js';

test('a reader sees the maximum since it last looked', () => {
  const maximum = new ReaderMaximum();
  const take = maximum.addReader();
  for (const value of [3, 7, 5]) maximum.observe(value);
  expect(take()).toBe(7);
  expect(take()).toBe(0);
  maximum.observe(2);
  expect(take()).toBe(2);
});

test('each reader sees what it would see alone, whoever else looks and when', () => {
  const READERS = 3;
  const steps = fc.array(
    fc.oneof(fc.record({ observe: fc.nat() }), fc.record({ look: fc.integer({ min: 0, max: READERS - 1 }) })),
  );
  fc.assert(
    fc.property(steps, (all) => {
      const together = new ReaderMaximum();
      const takes = Array.from({ length: READERS }, () => together.addReader());
      const seen: number[][] = takes.map(() => []);
      const alone: number[][] = takes.map(() => []);
      const own = takes.map(() => 0);
      for (const step of all) {
        if ('observe' in step) {
          together.observe(step.observe);
          for (const reader of own.keys()) own[reader] = Math.max(own[reader], step.observe);
        } else {
          seen[step.look].push(takes[step.look]());
          alone[step.look].push(own[step.look]);
          own[step.look] = 0;
        }
      }
      expect(seen).toEqual(alone);
    }),
  );
});
