import { createTraceState } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomnessIn, thresholdIn, withThreshold } from './ot-trace-state.js';

const set = (text: string | undefined, threshold: string | undefined) =>
  withThreshold(text === undefined ? undefined : createTraceState(text), threshold)?.serialize();

describe('a threshold in the tracestate', () => {
  it.each<[before: string | undefined, threshold: string | undefined, after: string | undefined]>([
    [undefined, '8', 'ot=th:8'],
    [undefined, undefined, undefined],
    ['venue=x', '8', 'ot=th:8,venue=x'],
    ['venue=x', undefined, 'venue=x'],
    ['a=1,ot=th:c,b=2', '8', 'ot=th:8,a=1,b=2'],
    ['a=1,ot=th:c,b=2', undefined, 'a=1,b=2'],
    ['ot=rv:0123456789abcd;th:c;x:y', '8', 'ot=th:8;rv:0123456789abcd;x:y'],
    ['ot=rv:0123456789abcd;th:c;x:y', undefined, 'ot=rv:0123456789abcd;x:y'],
    ['ot=x:a:b', '8', 'ot=th:8;x:a:b'],
    ['ot=nonsense', '8', 'ot=th:8'],
    ['ot=th:1;th:2', '8', 'ot=th:8'],
  ])('of %s set to %s gives %s', (before, threshold, after) => {
    expect(set(before, threshold)).toBe(after);
  });

  it('makes room within the 256 characters of an entry, randomness staying', () => {
    const long = `ot=x:${'a'.repeat(230)};rv:0123456789abcd`;
    expect(set(long, 'cccccccd')).toBe('ot=th:cccccccd;rv:0123456789abcd');
  });

  it('is read back, and other vendors stay as they were', () => {
    const threshold = fc.stringMatching(/^[0-9a-f]{1,8}$/);
    const key = fc.stringMatching(/^[a-z]{3,8}$/);
    const vendors = fc.dictionary(key, fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxKeys: 5 });
    fc.assert(
      fc.property(vendors, threshold, (entries, th) => {
        const text = Object.entries(entries).map(([name, value]) => `${name}=${value}`);
        const state = withThreshold(createTraceState(text.join(',')), th);
        expect(thresholdIn(state)).toBe(th);
        for (const [name, value] of Object.entries(entries)) expect(state?.get(name)).toBe(value);
        expect(withThreshold(state, undefined)?.get('ot')).toBeUndefined();
      }),
    );
  });

  it.each([
    ['ot=th:8', '8'],
    ['ot=x:1;th:0', '0'],
    ['ot=th:', undefined],
    ['ot=th:xyz', undefined],
    ['ot=th:123456789012345', undefined],
    ['th=8', undefined],
  ])('of %s is %s', (text, threshold) => {
    expect(thresholdIn(createTraceState(text))).toBe(threshold);
  });

  it.each([
    ['ot=rv:0123456789abcd', '0123456789abcd'],
    ['ot=rv:0123', undefined],
    ['ot=th:8', undefined],
  ])('leaves the randomness of %s: %s', (text, randomness) => {
    expect(randomnessIn(createTraceState(text))).toBe(randomness);
  });
});
