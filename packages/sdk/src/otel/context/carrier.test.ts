import { context, propagation, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installAmbient, uninstallAmbient } from '../ambient.js';
import { remoteContext, remoteParent, traceEnvironment, traceHeaders } from './carrier.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;
const HEADERS = { traceparent: TRACEPARENT, tracestate: 'a=1', baggage: 'k=v' };

let ambient: ReturnType<typeof installAmbient>;
beforeAll(() => {
  ambient = installAmbient(true);
});
afterAll(() => uninstallAmbient(ambient));

function shown(given: unknown): unknown {
  const read = remoteContext(given);
  const { traceState, ...parent } = trace.getSpanContext(read) ?? ({} as SpanContext);
  const baggage = propagation.getBaggage(read)?.getAllEntries();
  return [parent.traceId, parent.spanId, parent.traceFlags, traceState?.serialize(), baggage?.[0][1].value];
}

const ALL = [TRACE, SPAN, 1, 'a=1', 'v'];
const NONE = [undefined, undefined, undefined, undefined, undefined];

describe('reading a carrier', () => {
  test.each<[name: string, carrier: unknown, expected: unknown]>([
    ['headers of a request', HEADERS, ALL],
    ['headers in any case', { TraceParent: TRACEPARENT, traceSTATE: 'a=1', Baggage: 'k=v' }, ALL],
    ['an environment', { TRACEPARENT, TRACESTATE: 'a=1', BAGGAGE: 'k=v', PATH: '/bin' }, ALL],
    ['a Headers object', new Headers(HEADERS), ALL],
    ['header lists', { traceparent: [TRACEPARENT], tracestate: ['a=1', ''], baggage: ['k=v'] }, ALL],
    ['an empty environment', { TRACEPARENT: '', TRACESTATE: '' }, NONE],
    ['a null prototype', Object.assign(Object.create(null), HEADERS), ALL],
    ['nothing', undefined, NONE],
    ['null', null, NONE],
    ['a text', TRACEPARENT, NONE],
    [
      'a throwing getter',
      {
        get traceparent() {
          throw new Error('no');
        },
      },
      NONE,
    ],
  ])('from %s', (_name, carrier, expected) => {
    expect(shown(carrier)).toEqual(expected);
  });

  test('gives the parent of a tick, or undefined', () => {
    expect(remoteParent(HEADERS)).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
    expect(remoteParent({})).toBeUndefined();
  });
});

describe('writing a carrier', () => {
  test('takes what is ambient', () => {
    context.with(remoteContext(HEADERS), () => {
      expect(traceHeaders()).toEqual(HEADERS);
      expect(traceEnvironment()).toEqual({ TRACEPARENT, TRACESTATE: 'a=1', BAGGAGE: 'k=v' });
    });
  });

  test('takes the span that it is given, with the ambient baggage', () => {
    const span = { spanContext: () => ({ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 0 }) };
    context.with(remoteContext(HEADERS), () => {
      expect(traceHeaders(span)).toEqual({
        traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`,
        baggage: 'k=v',
      });
    });
  });

  test('gives nothing where there is nothing', () => {
    expect(context.active()).toBe(ROOT_CONTEXT);
    expect(traceHeaders()).toEqual({});
  });

  test('does not let a child inherit what this process inherited', () => {
    const inherited = { TRACESTATE: 'old=1', BAGGAGE: 'old=1', PATH: '/bin' };
    const span = { spanContext: () => ({ traceId: TRACE, spanId: SPAN, traceFlags: 1 }) };
    expect(JSON.parse(JSON.stringify({ ...inherited, ...traceEnvironment(span) }))).toEqual({
      TRACEPARENT,
      PATH: '/bin',
    });
  });

  test('does not throw where the span does', () => {
    const broken = {
      spanContext() {
        throw new Error('no');
      },
    };
    expect(traceHeaders(broken as never)).toEqual({});
  });

  test('survives structured cloning, as for a worker thread', () => {
    context.with(remoteContext(HEADERS), () => {
      expect(shown(structuredClone(traceHeaders()))).toEqual(ALL);
    });
  });
});
