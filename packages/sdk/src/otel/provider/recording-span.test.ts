import { SpanStatusCode, type TimeInput } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProviderUnderTest } from './provider.test.fixture.js';

describe('status', () => {
  const statuses = fc.array(
    fc.record({
      code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
      message: fc.constantFrom('a', 'b', ''),
    }),
    { maxLength: 6 },
  );

  test('follows the rules of the stock SDK', () => {
    using subject = new ProviderUnderTest();
    const exporter = new InMemorySpanExporter();
    const stock = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    fc.assert(
      fc.property(statuses, (given) => {
        const own = subject.tracer.startSpan('a');
        const other = stock.getTracer('t').startSpan('a');
        for (const status of given) {
          own.setStatus(status);
          other.setStatus(status);
        }
        own.end();
        other.end();
        const { statusCode, statusMessage } = subject.readOne();
        const expected = exporter.getFinishedSpans().at(-1)?.status;
        expect([statusCode, statusMessage]).toEqual([expected?.code, expected?.message ?? '']);
        exporter.reset();
      }),
    );
  });
});

describe('times', () => {
  const epoch = Date.parse('2026-11-21T12:00:00.123Z');

  test.each<[string, TimeInput, unknown]>([
    ['hrtime', [1_790_000_000, 999_999_999], [1_790_000_000, 999_999_999]],
    ['hrtime beyond a second', [1_790_000_000, 1_500_000_000], [1_790_000_001, 500_000_000]],
    ['milliseconds since 1970', epoch, [Math.floor(epoch / 1000), 123_000_000]],
    ['a Date', new Date(epoch), [Math.floor(epoch / 1000), 123_000_000]],
    ['performance.now()', 1.000_001, 1.000_001],
  ])('are taken as %s', (_, time, expected) => {
    using subject = new ProviderUnderTest();
    const span = subject.tracer.startSpan('a', { startTime: time });
    span.addEvent('e', time).addEvent('f', { a: 1 }, time);
    span.end(time);
    const { start, end, events } = subject.readOne();
    expect([start, end, events[0].time, events[1].time]).toEqual([expected, expected, expected, expected]);
  });

  test.each([
    Number.NaN,
    Infinity,
    -Infinity,
    new Date(Number.NaN),
    [-1, 0],
    [1, Number.NaN],
    [1],
    'now',
    {},
    1e300,
  ])('that are none are now, and counted (%s)', (time) => {
    using subject = new ProviderUnderTest();
    const before = performance.now();
    subject.tracer.startSpan('a', { startTime: time as TimeInput }).end(time as TimeInput);
    const { start, end } = subject.readOne();
    expect(start).toBeGreaterThanOrEqual(before);
    expect(end).toBeGreaterThanOrEqual(start as number);
    expect(subject.reader.tally('arguments_ignored')).toBe(2);
  });

  test('an end before the start takes no time, and is counted', () => {
    using subject = new ProviderUnderTest();
    subject.tracer.startSpan('a', { startTime: 5 }).end(4);
    subject.tracer.startSpan('b', { startTime: [1_790_000_000, 5] }).end([1_790_000_000, 4]);
    const [a, b] = subject.read();
    expect([a.end, b.end]).toEqual([5, [1_790_000_000, 5]]);
    expect(subject.reader.tally('arguments_ignored')).toBe(2);
  });

  test('are not cut to the millisecond where nobody gave any', () => {
    using subject = new ProviderUnderTest();
    const fractions = new Set<number>();
    for (let count = 0; count < 50; count++) {
      subject.tracer.startSpan('a').end();
      const { start, end } = subject.readOne();
      fractions.add((start as number) % 1);
      expect(end).toBeGreaterThanOrEqual(start as number);
    }
    expect(fractions.size).toBeGreaterThan(10);
  });
});

describe('limits', () => {
  test('of attributes, events and links hold, and what is beyond them is counted', () => {
    using subject = new ProviderUnderTest(
      {},
      {
        attributeCount: 2,
        attributeValueLength: 3,
        eventCount: 2,
        linkCount: 1,
        attributesPerEvent: 1,
        attributesPerLink: 1,
      },
    );
    const link = (traceId: string) => ({
      context: { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 },
      attributes: { a: 1, b: 2 },
    });
    const [first, second] = ['0af7651916cd43dd8448eb211c80319c', '1af7651916cd43dd8448eb211c80319c'];
    const span = subject.tracer.startSpan('a', {
      attributes: { a: 'abcdef', b: 1, c: 2 },
      links: [link(first)],
    });
    span.setAttribute('a', 'xyzzy').setAttribute('d', 1).addLink(link(second));
    for (const name of ['one', 'two', 'three']) span.addEvent(name, { a: 1, b: 2 });
    span.end();
    expect(subject.readOne()).toMatchObject({
      attributes: { a: 'xyz', b: 1 },
      droppedAttributes: 2,
      events: [
        { name: 'two', attributes: { a: 1 }, droppedAttributes: 1 },
        { name: 'three', attributes: { a: 1 } },
      ],
      droppedEvents: 1,
      links: [{ traceId: second, attributes: { a: 1 }, droppedAttributes: 1 }],
      droppedLinks: 1,
    });
    expect(subject.reader.tally('span_details_limit')).toBeGreaterThanOrEqual(4);
    expect(subject.reader.tally('texts_truncated')).toBe(2);
  });
});

test('nothing changes after the end, and every try is counted', () => {
  using subject = new ProviderUnderTest();
  const span = subject.tracer.startSpan('a');
  span.end();
  span.setAttribute('a', 1).setAttributes({ b: 1 }).addEvent('e').updateName('b').setStatus({ code: 2 });
  span.addLinks([]);
  span.recordException('x');
  span.end();
  expect(subject.readOne()).toMatchObject({ name: 'a', attributes: {}, events: [], statusCode: 0 });
  expect(subject.reader.tally('use_after_end')).toBe(8);
});

test('an exception becomes an event as OpenTelemetry has it', () => {
  using subject = new ProviderUnderTest();
  const span = subject.tracer.startSpan('a');
  span.recordException(Object.assign(new TypeError('bad'), { code: 'E_BAD' }), [1_790_000_000, 0]);
  span.recordException('text');
  span.recordException({} as never);
  span.end();
  const { events } = subject.readOne();
  expect(events).toMatchObject([
    {
      name: 'exception',
      time: [1_790_000_000, 0],
      attributes: { 'exception.type': 'E_BAD', 'exception.message': 'bad' },
    },
    { attributes: { 'exception.message': 'text' } },
  ]);
  expect(events).toHaveLength(2);
});

describe('whatever a bot passes', () => {
  const bomb = new Proxy(
    {},
    {
      get: () => {
        throw new Error('get');
      },
      ownKeys: () => {
        throw new Error('ownKeys');
      },
      getPrototypeOf: () => {
        throw new Error('prototype');
      },
    },
  );
  // As functions: a failure is reported with its values, and these cannot be looked at.
  const anything = fc
    .oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withTypedArray: true,
      }),
      fc.string({ unit: 'binary', maxLength: 30_000 }),
      fc.constantFrom(bomb, Proxy.revocable({}, {}).proxy, Symbol('x'), 10n, Number.NaN, cyclic()),
    )
    .map((value) => () => value as never);

  test('nothing throws, every recorded span arrives, bounded', () => {
    using subject = new ProviderUnderTest();
    fc.assert(
      fc.property(fc.array(anything, { minLength: 8, maxLength: 8 }), fc.nat(3_000), (given, many) => {
        const [a, b, c, d, e, f, g, h] = given.map((value) => value());
        const span = subject.tracer.startSpan(a, { attributes: b, links: c, kind: d, startTime: e });
        span.setAttribute(f, g).setAttributes(h).addEvent(a, b, c).addEvent(d, e).addLink(f).addLinks(g);
        span.setStatus(h).updateName(a).recordException(b, c);
        for (let count = 0; count < many; count++) span.addEvent('many', { count });
        const isRecorded = span.isRecording();
        span.end(d);
        subject.tracer.startActiveSpan(b, c, d, ((inner: { end(): void }) => inner.end()) as never);
        subject.provider.getTracer(a, b, c).startSpan('x', d, undefined).end();
        const read = subject.read();
        expect(read.length).toBeGreaterThanOrEqual(isRecorded ? 1 : 0);
        for (const { events, attributes, links } of read) {
          expect(events.length).toBeLessThanOrEqual(128);
          expect(Object.keys(attributes).length).toBeLessThanOrEqual(128);
          expect(links.length).toBeLessThanOrEqual(128);
        }
      }),
      { numRuns: 200 },
    );
    expect(subject.reader.spansRecorded).toBe(subject.reader.spansTaken);
    expect(subject.reader.tally('arguments_ignored')).toBeGreaterThan(0);
    expect(subject.reader.tally('span_details_limit')).toBeGreaterThan(0);
  });
});

function cyclic(): object {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}
