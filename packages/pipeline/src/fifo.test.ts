import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from './fifo.js';

test('behaves like an array of which the front is taken', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(), fc.constant('shift')), { maxLength: 500, size: 'max' }),
      (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (typeof step === 'number') {
            fifo.push(step);
            model.push(step);
          } else {
            expect(fifo.shift()).toBe(model.shift());
          }
          expect(fifo.length).toBe(model.length);
          expect(fifo.peek()).toBe(model[0]);
        }
      },
    ),
  );
});

test('forgets what was taken however long it is in use', () => {
  const fifo = new Fifo<number>();
  for (let next = 0; next < 10_000; next++) {
    fifo.push(next);
    if (next >= 10) expect(fifo.shift()).toBe(next - 10);
  }
  expect(fifo.length).toBe(10);
});
