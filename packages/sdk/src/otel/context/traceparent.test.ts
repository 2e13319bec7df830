import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

function hex(digits: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits })
    .filter((id) => /[1-9a-f]/.test(id));
}

describe('a traceparent', () => {
  test.each([
    ['version 00', `00-${TRACE}-${SPAN}-01`, 1],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, 0],
    ['the random flag', `00-${TRACE}-${SPAN}-02`, 2],
    ['sampled and random', `00-${TRACE}-${SPAN}-03`, 3],
    ['flags without a meaning, which are left out', `00-${TRACE}-${SPAN}-fe`, 2],
    ['a version that is not known', `cc-${TRACE}-${SPAN}-01`, 1],
    ['more fields in a version that is not known', `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
    ['an empty field in a version that is not known', `01-${TRACE}-${SPAN}-01-`, 1],
    ['white space around it', ` \t00-${TRACE}-${SPAN}-01\t `, 1],
  ])('is read: %s', (_name, text, traceFlags) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
  });

  test.each([
    ['nothing', ''],
    ['more fields in version 00', `00-${TRACE}-${SPAN}-01-more`],
    ['a trailing dash in version 00', `00-${TRACE}-${SPAN}-01-`],
    ['a trailing dot in version 00', `00-${TRACE}-${SPAN}-01.`],
    ['another separator in a version that is not known', `cc-${TRACE}-${SPAN}-01.what`],
    ['longer flags in a version that is not known', `cc-${TRACE}-${SPAN}-011`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version ff with more fields', `ff-${TRACE}-${SPAN}-01-more`],
    ['a version that is no hex', `.0-${TRACE}-${SPAN}-01`],
    ['a version of three digits', `000-${TRACE}-${SPAN}-01`],
    ['a version of one digit', `0-${TRACE}-${SPAN}-01`],
    ['a version in upper case', `CC-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a trace id in upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace id that is no hex', `00-.${TRACE.slice(1)}-${SPAN}-01`],
    ['a trace id of 31 digits', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a trace id of 33 digits', `00-1${TRACE}-${SPAN}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a parent id in upper case', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ['a parent id that is no hex', `00-${TRACE}-${SPAN.slice(1)}.-01`],
    ['a parent id of 15 digits', `00-${TRACE}-${SPAN.slice(1)}-01`],
    ['a parent id of 17 digits', `00-${TRACE}-1${SPAN}-01`],
    ['flags that are no hex', `00-${TRACE}-${SPAN}-.0`],
    ['flags in upper case', `00-${TRACE}-${SPAN}-0A`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['flags of three digits', `00-${TRACE}-${SPAN}-001`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['two of them', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['a line break', `00-${TRACE}-${SPAN}-01\n`],
  ])('is none with %s', (_name, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  test('comes back as it was written', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 3 }), (traceId, spanId, traceFlags) => {
        const text = formatTraceparent({ traceId, spanId, traceFlags });
        expect(text).toBe(`00-${traceId}-${spanId}-0${traceFlags}`);
        expect(parseTraceparent(text ?? '')).toEqual({ traceId, spanId, traceFlags, isRemote: true });
      }),
    );
  });

  test('is read or not, without a throw, whatever the text', () => {
    const near = fc
      .tuple(fc.constant(`00-${TRACE}-${SPAN}-01`), fc.nat(60), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        const parsed = parseTraceparent(text);
        if (parsed !== undefined)
          expect(formatTraceparent(parsed)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      }),
    );
  });
});

describe('writing a traceparent', () => {
  test('leaves out flags without a meaning', () => {
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, traceFlags: 0xff })).toBe(
      `00-${TRACE}-${SPAN}-03`,
    );
  });

  test.each([
    ['zeros', { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }],
    ['upper case', { traceId: TRACE.toUpperCase(), spanId: SPAN, traceFlags: 0 }],
    ['line breaks', { traceId: TRACE, spanId: `${SPAN}\r\nx: y`, traceFlags: 0 }],
    ['nothing', { traceId: undefined as never, spanId: SPAN, traceFlags: 0 }],
  ])('of ids of %s gives none', (_name, context) => {
    expect(formatTraceparent(context)).toBeUndefined();
  });
});
