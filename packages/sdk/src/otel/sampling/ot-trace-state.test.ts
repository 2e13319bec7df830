import { createTraceState, type TraceState } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomnessIn, reliableThreshold, thresholdIn, withThreshold } from './ot-trace-state.js';

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
    ['ot=nonsense;a:', '8', 'ot=th:8;nonsense;a:'],
    ['ot=;;x:1;', '8', 'ot=th:8;x:1'],
    ['ot=nonsense', undefined, 'ot=nonsense'],
    ['ot=th:', undefined, ''],
    ['ot=th:1;th:2', '8', 'ot=th:8'],
  ])('of %s set to %s gives %s', (before, threshold, after) => {
    expect(set(before, threshold)).toBe(after);
  });

  it('makes room within the 256 characters of an entry, randomness staying', () => {
    const long = `ot=x:${'a'.repeat(230)};rv:0123456789abcd`;
    expect(set(long, 'cccccccd')).toBe('ot=th:cccccccd;rv:0123456789abcd');
  });

  it('that is removed where there was none leaves the very same object', () => {
    const state = createTraceState('a=1,ot=rv:0123456789abcd');
    expect(withThreshold(state, undefined)).toBe(state);
  });

  it('takes the place of the last vendor in a list that is full', () => {
    const vendors = Array.from({ length: 32 }, (_, index) => `v${index}=${index}`);
    const state = withThreshold(createTraceState(vendors.join(',')), '8');
    expect(state?.serialize()).toBe(['ot=th:8', ...vendors.slice(0, -1)].join(','));
    const full = createTraceState(['ot=x:1', ...vendors.slice(0, -1)].join(','));
    expect(withThreshold(full, '8')?.get('v30')).toBe('30');
  });

  it('cannot be set in what is no tracestate, which stays as it is', () => {
    const broken = { get: () => 7 } as unknown as TraceState;
    for (const odd of ['ot=th:8', 7, null, {}, broken] as unknown as TraceState[]) {
      expect(withThreshold(odd, '8')).toSatisfy((state) => state === odd || odd === null);
      expect([thresholdIn(odd), randomnessIn(odd)]).toEqual([undefined, undefined]);
    }
  });

  const threshold = fc.stringMatching(/^[0-9a-f]{1,14}$/);
  const text = fc.stringMatching(/^[a-zA-Z0-9._-]{1,8}$/);
  const field = fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/), fc.array(text, { maxLength: 3 }))
    .filter(([key]) => key !== 'th' && key !== 'rv')
    .map(([key, values]) => [key, ...values].join(':'));
  const randomness = fc.option(fc.stringMatching(/^[0-9a-f]{14}$/), { nil: undefined });
  const vendorKey = fc.stringMatching(/^[a-z]{3,8}$/);
  const members = fc
    .record({
      before: fc.dictionary(vendorKey, text, { maxKeys: 5 }),
      fields: fc.array(field, { maxLength: 5 }),
      old: fc.option(threshold, { nil: undefined }),
      rv: randomness,
      after: fc.dictionary(vendorKey, text, { maxKeys: 5 }),
    })
    .map(({ before, fields, old, rv, after }) => {
      const ot = [...fields];
      if (rv !== undefined) ot.push(`rv:${rv}`);
      if (old !== undefined) ot.splice(ot.length >> 1, 0, `th:${old}`);
      const vendors = { ...before, ...after };
      const list = Object.keys(vendors).map((name) => `${name}=${vendors[name]}`);
      if (ot.length > 0) list.splice(Object.keys(before).length, 0, `ot=${ot.join(';')}`);
      return { state: createTraceState(list.join(',')), vendors, others: [...fields, rv && `rv:${rv}`], old };
    });

  it('set and removed leaves other vendors in order and other fields in order', () => {
    fc.assert(
      fc.property(members, threshold, ({ state, vendors, others, old }, th) => {
        const fieldsOf = (traceState?: TraceState) => traceState?.get('ot')?.split(';') ?? [];
        const vendorsOf = (traceState?: TraceState) =>
          (traceState?.serialize() ?? '').split(',').filter((member) => member && !member.startsWith('ot='));
        const kept = others.filter((one) => one !== undefined);
        const written = withThreshold(state, th);
        expect(thresholdIn(written)).toBe(th);
        expect(fieldsOf(written)).toEqual([`th:${th}`, ...kept]);
        const removed = withThreshold(written, undefined);
        expect(fieldsOf(removed)).toEqual(kept);
        for (const one of [written, removed]) {
          expect(vendorsOf(one)).toEqual(vendorsOf(state));
          expect(vendorsOf(one)).toHaveLength(Object.keys(vendors).length);
          expect(randomnessIn(one)).toBe(randomnessIn(state));
        }
        // Writing changes a copy, and writing twice is writing once.
        expect(thresholdIn(state)).toBe(old);
        expect(withThreshold(written, th)?.serialize()).toBe(written?.serialize());
        expect(withThreshold(createTraceState(written?.serialize()), th)?.serialize()).toBe(
          written?.serialize(),
        );
      }),
    );
  });

  it('never throws, whatever the header said', () => {
    const piece = fc.constantFrom(
      'ot',
      '=',
      ':',
      ';',
      ',',
      'th',
      'rv',
      'th:8',
      ' ',
      '\t',
      'é',
      '\0',
      'a',
      '=,=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), threshold, (pieces, th) => {
        const state = createTraceState(pieces.join(''));
        expect(thresholdIn(withThreshold(state, th))).toBe(th);
        expect(thresholdIn(withThreshold(state, undefined))).toBeUndefined();
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

describe('a threshold can be counted by', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  it.each<[traceFlags: number, traceState: string, threshold: string | undefined]>([
    [1, 'ot=th:ce929d0e0e4736', 'ce929d0e0e4736'],
    [1, 'ot=th:ce929d0e0e4737', undefined],
    [1, 'ot=th:8', '8'],
    [1, 'ot=th:d', undefined],
    [3, 'ot=th:0', '0'],
    [0, 'ot=th:8', undefined],
    [2, 'ot=th:8', undefined],
    [1, 'ot=th:8;rv:7fffffffffffff', undefined],
    [1, 'ot=th:8;rv:80000000000000', '8'],
    [1, 'ot=rv:80000000000000', undefined],
    [1, 'ot=th:8;rv:80', '8'],
  ])('with flags %i and %s: %s', (traceFlags, text, threshold) => {
    expect(reliableThreshold({ traceId, traceFlags, traceState: createTraceState(text) })).toBe(threshold);
  });

  it('exactly where randomness is at least the threshold, as numbers', () => {
    const digits = fc.stringMatching(/^[0-9a-f]{14}$/);
    fc.assert(
      fc.property(
        digits,
        fc.stringMatching(/^[0-9a-f]{1,14}$/),
        fc.boolean(),
        (randomness, th, isExplicit) => {
          const isAbove = BigInt(`0x${randomness}`) >= BigInt(`0x${th.padEnd(14, '0')}`);
          const traceState = createTraceState(isExplicit ? `ot=th:${th};rv:${randomness}` : `ot=th:${th}`);
          const id = '4'.repeat(18) + (isExplicit ? '0'.repeat(14) : randomness);
          expect(reliableThreshold({ traceId: id, traceFlags: 1, traceState })).toBe(
            isAbove ? th : undefined,
          );
        },
      ),
    );
  });
});
