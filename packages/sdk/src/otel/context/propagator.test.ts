import {
  type Context,
  createContextKey,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { W3cPropagator } from './propagator.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${SPAN}-03`;

const anywhere = new W3cPropagator(['tracecontext', 'baggage'], ['*']);

function extract(carrier: Record<string, unknown>, into: Context = ROOT_CONTEXT): SpanContext | undefined {
  return trace.getSpanContext(anywhere.extract(into, carrier, defaultTextMapGetter));
}

function inject(context: Context, propagator = anywhere): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagator.inject(context, carrier, defaultTextMapSetter);
  return carrier;
}

const withSpan = (more: Partial<SpanContext> = {}): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags: 3, ...more });

describe('what arrives', () => {
  test('is a remote parent with its tracestate', () => {
    const parent = extract({ traceparent: TRACEPARENT, tracestate: 'a=1,b=2' });
    expect(parent).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 3, isRemote: true });
    expect(parent?.traceState?.serialize()).toBe('a=1,b=2');
  });

  test('is combined from several tracestate headers, in their order', () => {
    const several = ['foo=1,bar=2', '', 'rojo=1', 'foo=3'];
    expect(extract({ traceparent: [TRACEPARENT], tracestate: several })?.traceState?.serialize()).toBe(
      'foo=1,bar=2,rojo=1',
    );
  });

  test.each([
    ['a traceparent twice', { traceparent: [TRACEPARENT, TRACEPARENT] }],
    ['a traceparent twice, joined', { traceparent: `${TRACEPARENT}, ${TRACEPARENT}` }],
    ['a tracestate alone', { tracestate: 'a=1' }],
    ['no text', { traceparent: 5 }],
    ['an empty list', { traceparent: [] }],
  ])('with %s is no parent', (_name, carrier) => {
    expect(extract(carrier)).toBeUndefined();
  });

  test('keeps its traceparent when its tracestate is none', () => {
    const parent = extract({ traceparent: TRACEPARENT, tracestate: 'a=1,A=2' });
    expect(parent).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 3, isRemote: true });
  });

  test('leaves what the context had, where it says nothing valid', () => {
    const before = propagation.setBaggage(withSpan(), propagation.createBaggage({ a: { value: '1' } }));
    const after = anywhere.extract(before, { traceparent: 'x', baggage: '=' }, defaultTextMapGetter);
    expect(after).toBe(before);
  });

  test('is baggage too', () => {
    const context = anywhere.extract(ROOT_CONTEXT, { baggage: ['a=1', 'b=2;p'] }, defaultTextMapGetter);
    const entries = propagation
      .getBaggage(context)
      ?.getAllEntries()
      .map(([key, { value }]) => [key, value]);
    expect(entries).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('does not throw, whatever the carrier does', () => {
    const broken = {
      get() {
        throw new Error('broken');
      },
      keys: () => [],
    };
    expect(anywhere.extract(ROOT_CONTEXT, undefined, broken)).toBe(ROOT_CONTEXT);
  });
});

describe('what leaves', () => {
  test('is the active span and the baggage', () => {
    const traceState = createTraceState('a=1,b=2');
    const baggage = propagation.createBaggage({ k: { value: 'v w' } });
    expect(inject(propagation.setBaggage(withSpan({ traceState }), baggage))).toEqual({
      traceparent: TRACEPARENT,
      tracestate: 'a=1,b=2',
      baggage: 'k=v%20w',
    });
  });

  test('has no tracestate where there is none, or where it is not valid', () => {
    expect(inject(withSpan())).toEqual({ traceparent: TRACEPARENT });
    const traceState = { serialize: () => 'a=1\r\nx: y' } as never;
    expect(inject(withSpan({ traceState }))).toEqual({ traceparent: TRACEPARENT });
  });

  test('is nothing of a span that is none', () => {
    expect(inject(ROOT_CONTEXT)).toEqual({});
    expect(inject(withSpan({ traceId: '0'.repeat(32) }))).toEqual({});
  });

  test('is nothing while an SDK sends its own requests', () => {
    const key = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    expect(inject(withSpan().setValue(key, true))).toEqual({});
  });

  test('is of the chosen formats', () => {
    const context = propagation.setBaggage(withSpan(), propagation.createBaggage({ k: { value: 'v' } }));
    expect(inject(context, new W3cPropagator(['baggage'], ['*']))).toEqual({ baggage: 'k=v' });
    expect(inject(context, new W3cPropagator(['tracecontext'], ['*']))).toEqual({ traceparent: TRACEPARENT });
    expect(new W3cPropagator(['baggage'], []).fields()).toEqual(['baggage']);
    expect(anywhere.fields()).toEqual(['traceparent', 'tracestate', 'baggage']);
  });

  test('does not throw, whatever the carrier does', () => {
    const broken = {
      set() {
        throw new Error('broken');
      },
    };
    expect(() => anywhere.inject(withSpan(), {}, broken)).not.toThrow();
  });
});

describe('where it may go', () => {
  const requestTo = (attributes: Record<string, unknown> | undefined): Context => {
    const spanContext = () => ({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
    return trace.setSpan(ROOT_CONTEXT, { spanContext, attributes } as unknown as Span);
  };
  const isSent = (to: readonly string[], attributes: Record<string, unknown> | undefined): boolean =>
    'traceparent' in inject(requestTo(attributes), new W3cPropagator(['tracecontext'], to));

  test.each<[to: string[], attributes: Record<string, unknown> | undefined, isSent: boolean]>([
    [[], { 'server.address': 'risk.internal' }, false],
    [[], undefined, false],
    [['*'], undefined, true],
    [['*'], { 'server.address': 'venue.com' }, true],
    [['risk.internal'], undefined, false],
    [['risk.internal'], {}, false],
    [['risk.internal'], { 'server.address': 'risk.internal', 'server.port': 8080 }, true],
    [['Risk.Internal'], { 'server.address': 'RISK.internal.' }, true],
    [['risk.internal'], { 'server.address': 'venue.com' }, false],
    [['risk.internal'], { 'server.address': 'risk.internal.venue.com' }, false],
    [['risk.internal'], { 'server.address': 'xrisk.internal' }, false],
    [['risk.internal'], { 'net.peer.name': 'risk.internal' }, true],
    [['risk.internal'], { 'url.full': 'https://risk.internal:8443/limits?x=1' }, true],
    [['risk.internal'], { 'http.url': 'http://user:password@risk.internal/' }, true],
    [['risk.internal'], { 'url.full': 'https://venue.com/?to=risk.internal' }, false],
    [['risk.internal'], { 'url.full': 'https://risk.internal@venue.com/' }, false],
    [['risk.internal'], { 'server.address': 'venue.com', 'url.full': 'http://risk.internal/' }, false],
    [['risk.internal'], { 'server.address': 5 }, false],
    [['risk.internal'], { 'url.full': 'no url' }, false],
    [['*.internal'], { 'server.address': 'a.b.internal' }, true],
    [['*.internal'], { 'server.address': 'internal' }, false],
    [['*.internal'], { 'server.address': 'notinternal' }, false],
    [['venue.com', '127.0.0.1'], { 'server.address': '127.0.0.1' }, true],
    [['::1'], { 'url.full': 'http://[::1]:8080/' }, true],
    [['[::1]'], { 'server.address': '::1' }, true],
  ])('to %j, for a request with %j: %s', (to, attributes, expected) => {
    expect(isSent(to, attributes)).toBe(expected);
  });
});
