import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TRACE_STATE_LENGTH, TraceState } from './trace-state.js';

const parsed = (text: string) => TraceState.parse(text)?.serialize();
const members = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=${at}`).join(',');

const KEY_CHARACTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789_-*/@'];
const VALUE_CHARACTERS = Array.from({ length: 0x7f - 0x20 }, (_, at) =>
  String.fromCharCode(0x20 + at),
).filter((character) => character !== ',' && character !== '=');
const key = fc
  .tuple(fc.constantFrom(...'abz09'), fc.string({ unit: fc.constantFrom(...KEY_CHARACTERS), maxLength: 20 }))
  .map(([first, rest]) => first + rest);
const value = fc
  .string({ unit: fc.constantFrom(...VALUE_CHARACTERS), maxLength: 20 })
  .map((text) => `${text}!`.replace(/^ +/, ''));

describe('a tracestate', () => {
  test.each([
    ['one entry', 'foo=1', 'foo=1'],
    ['white space around entries', ' foo=1 \t , \t bar=2, \t baz=3\t', 'foo=1,bar=2,baz=3'],
    ['empty members', ',foo=1,, ,bar=2,', 'foo=1,bar=2'],
    ['blanks within a value', 'foo=a b', 'foo=a b'],
    ['blanks before a value', 'foo= a', 'foo= a'],
    ['every character that a key may have', 'a_0-*/@z@=1', 'a_0-*/@z@=1'],
    ['a key that begins with a digit', '0a@v=1', '0a@v=1'],
    [
      'every character that a value may have',
      `v=${VALUE_CHARACTERS.join('').trim()}`,
      `v=${VALUE_CHARACTERS.join('').trim()}`,
    ],
    ['equal keys: the later entry, which is the first', 'foo=1,bar=2,foo=3', 'foo=1,bar=2'],
    ['32 entries', members(32), members(32)],
    ['a key of 256 characters', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['a value of 256 characters', `v=${'x'.repeat(256)}`, `v=${'x'.repeat(256)}`],
  ])('may have %s', (_name, text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test.each([
    ['nothing', ''],
    ['white space only', ' \t '],
    ['empty members only', ',, ,'],
    ['33 entries', members(33)],
    ['33 entries of one key', Array.from({ length: 33 }, () => 'a=1').join(',')],
    ['an entry without a value', 'foo=1,bar'],
    ['an empty value', 'foo=,bar=3'],
    ['a value of white space', 'foo= \t,bar=3'],
    ['an empty key', '=1'],
    ['upper case in a key', 'Foo=1'],
    ['white space before the equals sign', 'foo =1'],
    ['a dot in a key', 'foo.bar=1'],
    ['a key that begins with _', '_foo=1'],
    ['a key that begins with @', '@foo=1'],
    ['a key of 257 characters', `foo=1,${'z'.repeat(257)}=1`],
    ['a value of 257 characters', `foo=${'x'.repeat(257)}`],
    ['an equals sign in a value', 'foo=bar=baz'],
    ['a tab within a value', 'foo=a\tb'],
    ['a letter beyond ASCII', 'foo=ä'],
    ['a control character', 'foo=\x7f'],
  ])('with %s is discarded as a whole', (_name, text) => {
    expect(TraceState.parse(text)).toBeUndefined();
  });

  test('comes back as it was written', () => {
    const entries = fc.uniqueArray(fc.tuple(key, value), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(entries, (list) => {
        const text = list.map((entry) => entry.join('=')).join(',');
        const state = TraceState.parse(text);
        expect(state?.serialize()).toBe(text);
        for (const [name, content] of list) expect(state?.get(name)).toBe(content);
      }),
    );
  });

  test('is within its limits, in order and valid whatever it is made of', () => {
    const change = fc.oneof(
      fc.record({ set: fc.oneof(key, fc.string()), to: fc.oneof(value, fc.string()) }),
      fc.record({ unset: key }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        let state = TraceState.EMPTY;
        for (const step of changes)
          state = 'set' in step ? state.set(step.set, step.to) : state.unset(step.unset);
        const text = state.serialize();
        expect(text.length).toBeLessThanOrEqual(MAX_TRACE_STATE_LENGTH);
        expect(TraceState.parse(text)?.serialize() ?? '').toBe(text);
      }),
    );
  });
});

describe('changing a tracestate', () => {
  test('puts the changed entry first and leaves the original as it was', () => {
    const state = TraceState.parse('a=1,b=2') as TraceState;
    expect(state.set('b', '3').serialize()).toBe('b=3,a=1');
    expect(state.set('c', '3').serialize()).toBe('c=3,a=1,b=2');
    expect(state.unset('a').serialize()).toBe('b=2');
    expect(state.unset('nothing').serialize()).toBe('a=1,b=2');
    expect(state.serialize()).toBe('a=1,b=2');
  });

  test('with an invalid entry changes nothing', () => {
    const state = TraceState.parse('a=1') as TraceState;
    expect(state.set('A', '1')).toBe(state);
    expect(state.set('a', 'x,y')).toBe(state);
    expect(state.set('a', '')).toBe(state);
  });

  test('drops the oldest entry where there are too many', () => {
    const state = TraceState.parse(members(32))?.set('new', '1').serialize() ?? '';
    expect(state.split(',')).toHaveLength(32);
    expect(state).toMatch(/^new=1,k0=0,.*k30=30$/);
  });
});

describe('a tracestate that is too long', () => {
  test('loses entries of more than 128 characters first, whole', () => {
    const long = `long=${'x'.repeat(150)}`;
    const others = Array.from({ length: 4 }, (_, at) => `k${at}=${'y'.repeat(100)}`);
    expect(parsed([long, ...others].join(','))).toBe(others.join(','));
  });

  test('then loses the oldest', () => {
    const all = Array.from({ length: 6 }, (_, at) => `k${at}=${'y'.repeat(100)}`);
    expect(parsed(all.join(','))).toBe(all.slice(0, 4).join(','));
  });
});

describe('a tracestate of another implementation', () => {
  test('is taken by its text', () => {
    expect(TraceState.from({ serialize: () => 'a=1' })?.get('a')).toBe('1');
  });

  test.each([[undefined], [null], [5], [{}], [{ serialize: () => 'A=1' }], [{ serialize: () => 5 }]])(
    'that is none is undefined: %j',
    (given) => {
      expect(TraceState.from(given)).toBeUndefined();
    },
  );
});
