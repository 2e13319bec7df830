import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBaggage, parseBaggage } from './baggage.js';

type Shown = [key: string, value: string, metadata?: string];

function entriesOf(text: string): Shown[] {
  const entries = parseBaggage(text)?.getAllEntries() ?? [];
  return entries.map(([key, { value, metadata }]) =>
    metadata ? [key, value, metadata.toString()] : [key, value],
  );
}

function format(entries: Record<string, BaggageEntry>): string | undefined {
  return formatBaggage(propagation.createBaggage(entries));
}

describe('baggage', () => {
  test.each<[name: string, text: string, entries: Shown[]]>([
    ['one member', 'a=1', [['a', '1']]],
    [
      'several, with white space',
      ' a = 1 ,\tb=2 ',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['percent-encoded values', 'a=x%2Cy%20z%C3%A4', [['a', 'x,y zä']]],
    ['an empty value', 'a=', [['a', '']]],
    ['an equals sign in a value', 'a=b=c', [['a', 'b=c']]],
    ['properties, which stay with it', 'a=1;ttl=5 ; k', [['a', '1', 'ttl=5 ; k']]],
    ['a key twice: the last one', 'a=1,a=2', [['a', '2']]],
    ['a key that objects have', '__proto__=1', [['__proto__', '1']]],
  ])('may have %s', (_name, text, entries) => {
    expect(entriesOf(text)).toEqual(entries);
  });

  test.each([
    ['no equals sign', 'a,b=2'],
    ['an empty key', '=1,b=2'],
    ['a key with a blank', 'a b=1,b=2'],
    ['a key beyond ASCII', 'ä=1,b=2'],
    ['a value that does not decode', 'a=%zz,b=2'],
    ['nothing', ',,b=2'],
  ])('leaves a member with %s out, and only that', (_name, text) => {
    expect(entriesOf(text)).toEqual([['b', '2']]);
  });

  test.each([['', ' ', ',', 'a', '=']])('that has nothing to read is none: %j', (text) => {
    expect(parseBaggage(text)).toBeUndefined();
  });

  test('is bounded: 180 members, 8192 bytes, each member whole', () => {
    const many = Array.from({ length: 300 }, (_, at) => `k${at}=1`).join(',');
    expect(entriesOf(many)).toHaveLength(180);
    const long = ['a=1', `b=${'x'.repeat(8_100)}`, `c=${'y'.repeat(200)}`].join(',');
    expect(entriesOf(long).map(([key]) => key)).toEqual(['a', 'b']);
    const longer = `a=${'x'.repeat(9_000)}`;
    expect(parseBaggage(longer)).toBeUndefined();
  });

  test('is written within the same bounds', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, { value: '1' }]));
    expect(format(many)?.split(',')).toHaveLength(180);
    const long = { a: { value: 'x'.repeat(8_000) }, b: { value: 'y'.repeat(300) }, c: { value: '1' } };
    expect(
      format(long)
        ?.split(',')
        .map((member) => member[0]),
    ).toEqual(['a', 'c']);
  });

  test('is none where there is nothing to write', () => {
    expect(format({})).toBeUndefined();
    expect(format({ '': { value: '1' } })).toBeUndefined();
  });

  test('never breaks out of its header', () => {
    const hostile = 'x\r\ny: z, a=b; c "ä\ud800';
    const text = format({ [hostile]: { value: hostile, metadata: baggageEntryMetadataFromString(hostile) } });
    expect(text).toMatch(/^[\x21-\x7e]+$/);
    expect(text?.split(/[,;]/)).toHaveLength(1);
  });

  test('comes back as it was written, also through the stock propagator', () => {
    const stock = new W3CBaggagePropagator();
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const token = fc.string({
      unit: fc.constantFrom(...'abcXYZ019!#$&*+.^_`|~-'),
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(token, text), { selector: ([key]) => key, maxLength: 8 }),
        (pairs) => {
          const baggage = propagation.createBaggage(
            Object.fromEntries(pairs.map(([key, value]) => [key, { value }])),
          );
          const header = formatBaggage(baggage) ?? '';
          const back = parseBaggage(header)?.getAllEntries() ?? [];
          expect(new Map(back)).toEqual(new Map(baggage.getAllEntries()));
          const theirs = stock.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter);
          for (const [key, value] of pairs) {
            if (value !== '') expect(propagation.getBaggage(theirs)?.getEntry(key)?.value).toBe(value);
          }
          const carrier: { baggage?: string } = {};
          stock.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), carrier, defaultTextMapSetter);
          expect(new Map(parseBaggage(carrier.baggage ?? '')?.getAllEntries() ?? [])).toEqual(
            new Map(baggage.getAllEntries()),
          );
        },
      ),
    );
  });
});
