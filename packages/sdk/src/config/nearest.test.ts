import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.js';

describe('the nearest name', () => {
  it.each([
    ['sampleRato', 'sampleRatio'],
    ['sample_ratio', 'sampleRatio'],
    ['SAMPLE-RATE', 'sampleRatio'],
    ['dealineMs', 'deadlineMs'],
    ['sevrice', 'service'],
    ['zzzzzzzz', undefined],
    ['', undefined],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, ['service', 'sampleRatio', 'deadlineMs'])).toBe(expected);
  });
});

describe('the edit distance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, zero for equals only, and no longer than the longer name', () => {
    const name = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
