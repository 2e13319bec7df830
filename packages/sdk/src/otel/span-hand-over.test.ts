import {
  type Attributes,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ApiSpanRecord } from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForeignSpan } from './foreign-span.js';
import { MAX_OPEN_SPANS } from './open-spans.js';
import { setUp } from './stock-provider.test.fixture.js';

const REMOTE = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  isRemote: true,
  traceState: createTraceState('ot=th:8,venue=x'),
};

/** What a receiver sees of a span besides its times. */
function described(span: ReadableSpan) {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return {
    name: span.name,
    scope: {
      name: span.instrumentationScope.name,
      version: span.instrumentationScope.version ?? '',
      schemaUrl: span.instrumentationScope.schemaUrl ?? '',
    },
    kind: span.kind,
    traceId,
    spanId,
    traceFlags,
    traceState: traceState?.serialize() ?? '',
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    parentIsRemote: span.parentSpanContext?.isRemote === true,
    statusCode: span.status.code,
    statusMessage: span.status.message ?? '',
    attributes: span.attributes,
    events: span.events.map(({ name, attributes = {}, droppedAttributesCount = 0 }) => ({
      name,
      attributes,
      droppedAttributes: droppedAttributesCount,
    })),
    links: span.links.map(({ context, attributes = {}, droppedAttributesCount = 0 }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceFlags: context.traceFlags,
      isRemote: context.isRemote === true,
      traceState: context.traceState?.serialize() ?? '',
      attributes,
      droppedAttributes: droppedAttributesCount,
    })),
    droppedAttributes: span.droppedAttributesCount,
    droppedEvents: span.droppedEventsCount,
    droppedLinks: span.droppedLinksCount,
  };
}

function handedOver(record: ApiSpanRecord) {
  const { lane, parentIndex, tickSequence, threshold, originUnixNanos, start, end, events, ...rest } = record;
  return { ...rest, events: events.map(({ time, ...event }) => event) };
}

function wallMillis(time: ApiSpanRecord['start'], originUnixNanos: bigint): number {
  return typeof time === 'number' ? Number(originUnixNanos) / 1e6 + time : time[0] * 1_000 + time[1] / 1e6;
}

function run(tracer: ReturnType<typeof setUp>['tracer'], stages: number, other?: (context: Span) => void) {
  const root = tracer.startSpan('tick_total');
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (let stage = 0; stage < stages; stage++) tracer.startSpan('spread', {}, context).end();
  other?.(root);
  root.end();
  return root;
}

describe('a span that is no stage', () => {
  it('is handed over whole: all that a stock exporter sees', () => {
    const exporter = new InMemorySpanExporter();
    const { provider, apiSpans } = setUp({ others: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('http', '1.2.3', { schemaUrl: 'https://example.org/1' });
    const parent = trace.setSpanContext(ROOT_CONTEXT, REMOTE);
    const span = tracer.startSpan(
      'GET /orders',
      { kind: SpanKind.CLIENT, attributes: { a: 'x', n: 1.5 } },
      parent,
    );
    span.setAttributes({ flag: true, list: ['a', 'b'], numbers: [1, 2], empty: [] });
    span.addEvent('retry', { attempt: 2 });
    span.recordException(new RangeError('too late'));
    span.addLink({
      context: { ...REMOTE, traceState: createTraceState('a=1') },
      attributes: { why: 'batch' },
    });
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'x'.repeat(1_000) });
    span.end();
    tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, span)).end();
    provider.getTracer('other').startSpan('lone').end();
    const stock = exporter.getFinishedSpans().map(described);
    expect(stock).toHaveLength(3);
    expect(apiSpans().map(handedOver)).toEqual(stock);
  });

  it('is the same, whatever the API lets a bot say', () => {
    const exporter = new InMemorySpanExporter();
    const { tracer, apiSpans } = setUp({ others: [new SimpleSpanProcessor(exporter)] });
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((one) => one.toWellFormed());
    const number = fc.double({ noDefaultInfinity: false });
    const value = fc.oneof(
      text,
      number,
      fc.boolean(),
      fc.array(text, { maxLength: 5 }),
      fc.array(number, { maxLength: 5 }),
      fc.array(fc.boolean(), { maxLength: 5 }),
    );
    const attributes = fc.dictionary(
      text.filter((key) => key !== '' && key !== '__proto__'),
      value,
      { maxKeys: 8 },
    );
    const event = fc.record({ name: text, attributes });
    fc.assert(
      fc.property(text, attributes, fc.array(event, { maxLength: 5 }), (name, initial, events) => {
        exporter.reset();
        const span = tracer.startSpan(`other ${name}`, { attributes: initial as Attributes });
        for (const one of events) span.addEvent(one.name, one.attributes as Attributes);
        span.end();
        expect(apiSpans().map(handedOver)).toEqual(exporter.getFinishedSpans().map(described));
      }),
    );
  });

  it('keeps what the limits of its SDK have dropped, and counts it', () => {
    const { tracer, apiSpans } = setUp();
    const span = tracer.startSpan('many');
    for (let index = 0; index < 200; index++) {
      span.setAttribute(`a${index}`, index);
      span.addEvent(`e${index}`);
      span.addLink({ context: REMOTE });
    }
    span.end();
    const [record] = apiSpans();
    expect(Object.keys(record.attributes)).toHaveLength(128);
    expect([record.events.length, record.links.length]).toEqual([128, 128]);
    expect([record.droppedAttributes, record.droppedEvents, record.droppedLinks]).toEqual([72, 72, 72]);
  });

  it('is not handed over when it is not sampled, nor in mode `metrics`', () => {
    const { tracer, apiSpans, scope } = setUp({ ratio: 0 });
    tracer.startSpan('unsampled').end();
    expect(apiSpans()).toEqual([]);
    const sampling = setUp();
    sampling.scope.setMode('metrics');
    sampling.tracer.startSpan('other').end();
    expect(sampling.apiSpans()).toEqual([]);
    expect(scope.recorder.mode).toBe('sampled');
  });

  it('can be left to somebody else', () => {
    const { tracer, apiSpans, ticks } = setUp({ options: { otherSpans: false } });
    const root = run(tracer, 40, (tick) =>
      tracer.startSpan('query', {}, trace.setSpan(ROOT_CONTEXT, tick)).end(),
    );
    expect(ticks().map((tick) => tick.spanId(0))).toEqual([root.spanContext().spanId]);
    expect(new Set(apiSpans().map(({ name }) => name))).toEqual(new Set(['spread']));
  });

  it('has the attributes that it is allowed, as have ticks and stages', () => {
    const { tracer, apiSpans } = setUp({ options: { attributes: ['venue'] } });
    const attributes = { venue: 'sim', secret: 'key' };
    const root = tracer.startSpan('tick_total', { attributes });
    const context = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('spread', { attributes }, context).end();
    tracer.startSpan('query', { attributes }, context).end();
    root.end();
    expect(apiSpans().map((record) => record.attributes)).toEqual(Array(3).fill({ venue: 'sim' }));
  });
});

describe('times', () => {
  it('are as fine as the clock: spans of one millisecond keep their order', () => {
    const { tracer, apiSpans } = setUp();
    for (let index = 0; index < 50; index++) {
      const span = tracer.startSpan(`s${index}`);
      span.addEvent('within');
      span.end();
    }
    let last = 0;
    for (const { start, end, events } of apiSpans()) {
      const times = [start, events[0].time, end] as number[];
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(start).toBeGreaterThan(last);
      last = end as number;
    }
  });

  it('that the caller has set are the caller’s', () => {
    const { tracer, apiSpans } = setUp();
    const startTime = Date.now() - 60_000;
    const given = tracer.startSpan('given', { startTime });
    given.addEvent('then', new Date(startTime + 5));
    given.end([Math.floor(startTime / 1_000) + 2, 123_456_789]);
    const ended = tracer.startSpan('ended');
    ended.end(Date.now() + 30_000);
    const [first, second] = apiSpans();
    expect(wallMillis(first.start, first.originUnixNanos)).toBe(startTime);
    expect(wallMillis(first.events[0].time, 0n)).toBe(startTime + 5);
    expect(first.end).toEqual([Math.floor(startTime / 1_000) + 2, 123_456_789]);
    expect(typeof second.start).toBe('number');
    expect(wallMillis(second.end, 0n) - wallMillis(second.start, second.originUnixNanos)).toBeGreaterThan(
      29_000,
    );
  });

  it('have one origin within a trace', () => {
    const { tracer, apiSpans } = setUp();
    const outer = tracer.startSpan('outer');
    const inner = tracer.startSpan('inner', {}, trace.setSpan(ROOT_CONTEXT, outer));
    inner.end();
    outer.end();
    const [first, second] = apiSpans();
    expect(first.originUnixNanos).toBe(second.originUnixNanos);
    expect(Math.abs(wallMillis(first.start, first.originUnixNanos) - Date.now())).toBeLessThan(5_000);
  });

  it('of a root with an end of its own are kept', () => {
    const { tracer, ticks } = setUp();
    const root = tracer.startSpan('tick_total');
    root.end(Date.now() + 5_000);
    const [tick] = ticks();
    expect(tick.endMillis - tick.startMillis).toBeGreaterThan(4_900);
    expect(tick.missed).toBe(true);
    const early = tracer.startSpan('tick_total', { startTime: Date.now() - 2_000 });
    early.end(Date.now() - 1_500);
    const [past] = ticks();
    expect(past.endMillis - past.startMillis).toBeGreaterThan(490);
    expect(past.endMillis - past.startMillis).toBeLessThan(600);
  });
});

describe('inside a tick', () => {
  it('other spans follow the tick, sampled or not, and children follow their parents', () => {
    const { tracer, apiSpans, ticks } = setUp({ ratio: 0 });
    let late: Span | undefined;
    run(tracer, 1, (root) => {
      const query = tracer.startSpan('query', {}, trace.setSpan(ROOT_CONTEXT, root));
      const socket = tracer.startSpan('socket', {}, trace.setSpan(ROOT_CONTEXT, query));
      const stage = tracer.startSpan('guards', {}, trace.setSpan(ROOT_CONTEXT, socket));
      stage.end();
      query.end();
      socket.end();
      late = tracer.startSpan('late', {}, trace.setSpan(ROOT_CONTEXT, root));
    });
    late?.end();
    const [tick] = ticks();
    expect(tick.spans.map(({ name }) => name)).toEqual(['spread', 'guards']);
    const records = apiSpans();
    expect(records.map(({ name, tickSequence }) => [name, tickSequence])).toEqual([
      ['query', tick.sequence],
      ['socket', tick.sequence],
      ['late', tick.sequence],
    ]);
    expect(records[1].parentSpanId).toBe(records[0].spanId);
  });

  it('spans of the same trace that are not in it are none of its own', () => {
    const { tracer, apiSpans } = setUp();
    const session = tracer.startSpan('session');
    const context = trace.setSpan(ROOT_CONTEXT, session);
    const root = tracer.startSpan('tick_total', {}, context);
    tracer.startSpan('heartbeat', {}, context).end();
    const incoming = { ...root.spanContext(), spanId: '00f067aa0ba902b7', isRemote: true };
    tracer.startSpan('incoming', {}, trace.setSpanContext(ROOT_CONTEXT, incoming)).end();
    root.end();
    session.end();
    expect(apiSpans().map(({ name, tickSequence }) => [name, tickSequence])).toEqual([
      ['heartbeat', 0],
      ['incoming', 0],
      ['session', 0],
    ]);
  });

  it('stages beyond the room of a frame go by themselves: none is lost', () => {
    const { tracer, apiSpans, ticks, series, reader } = setUp();
    const root = run(tracer, 100);
    const [tick] = ticks();
    const records = apiSpans();
    expect(tick.spans.length + records.length).toBe(100);
    expect(tick.spans.length).toBeGreaterThan(20);
    expect(series()).toMatchObject({ 'mm_stage_duration_ms{spread}': 100 });
    expect(reader.tally('spans_tick_limit') + tick.droppedRecords).toBe(0);
    const ids = new Set(records.map(({ spanId }) => spanId));
    for (const span of tick.spans) ids.add(tick.spanId(span.index));
    expect(ids.size).toBe(100);
    for (const record of records) {
      expect(record.parentSpanId).toBe(root.spanContext().spanId);
      expect(record.tickSequence).toBe(tick.sequence);
      expect(record.start).toBeLessThanOrEqual(record.end as number);
    }
  });

  it('what a frame cannot carry of a root or a stage is added to it', () => {
    const { tracer, apiSpans, ticks } = setUp();
    const root = tracer.startSpan('tick_total', {
      attributes: { symbol: 'BTC-USD', deadline_ms: 5, levels: [1, 2] },
    });
    const stage = tracer.startSpan('guards', {}, trace.setSpan(ROOT_CONTEXT, root));
    stage.addEvent('guard_trip', { reason: 'stale' });
    stage.recordException(new Error('no book'));
    stage.setStatus({ code: SpanStatusCode.ERROR, message: 'y'.repeat(300) });
    stage.end();
    tracer.startSpan('spread', {}, trace.setSpan(ROOT_CONTEXT, root)).end();
    root.addLink({ context: REMOTE });
    root.end();
    const [tick] = ticks();
    expect(tick.guardReasons).toEqual(['stale']);
    const [ofStage, ofRoot, ...more] = apiSpans();
    expect(more).toEqual([]);
    expect(ofStage).toMatchObject({
      tickSequence: tick.sequence,
      parentIndex: tick.spans[0].index,
      statusCode: 2,
    });
    expect(ofStage.events.map(({ name }) => name)).toEqual(['exception']);
    expect(ofStage.statusMessage).toBe('y'.repeat(300));
    expect(ofRoot).toMatchObject({ parentIndex: 0, attributes: { levels: [1, 2] } });
    expect(ofRoot.links).toHaveLength(1);
  });

  it('a span stays what it was when its name is changed', () => {
    const { tracer, apiSpans, ticks, series } = setUp();
    const root = tracer.startSpan('tick_total');
    const stage = tracer.startSpan('spread', {}, trace.setSpan(ROOT_CONTEXT, root));
    stage.updateName('a').end();
    root.updateName('b').end();
    expect(ticks()).toHaveLength(1);
    expect(apiSpans()).toEqual([]);
    expect(series()).toMatchObject({ 'mm_stage_duration_ms{spread}': 1, 'mm_ticks_total{ok}': 1 });
  });
});

describe('the hand-over', () => {
  it('forgets spans that never end, the oldest first', () => {
    const { tracer, apiSpans } = setUp();
    const spans = Array.from({ length: MAX_OPEN_SPANS + 10 }, () => tracer.startSpan('leak'));
    spans[0].end();
    spans.at(-1)?.end();
    expect(apiSpans().map(({ spanId }) => spanId)).toEqual([
      spans[0].spanContext().spanId,
      spans.at(-1)?.spanContext().spanId,
    ]);
  });

  it('counts what the ring has no room for', () => {
    const { tracer, reader, apiSpans } = setUp();
    const attributes = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`a${index}`, 'x'.repeat(500)]),
    );
    for (let index = 0; index < 200; index++) tracer.startSpan('large', { attributes }).end();
    const { length } = apiSpans();
    expect(length).toBeGreaterThan(5);
    expect(length + reader.tally('api_spans_ring_full')).toBe(200);
  });

  it('never throws, whatever the bot puts into its spans, and truncates with count', () => {
    const { tracer, apiSpans, reader } = setUp();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const hostile = {
      get boom() {
        throw new Error('hostile');
      },
    };
    const odd = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withSparseArray: true }),
      fc.constant(cyclic),
      fc.constant(hostile),
      fc.constant('z'.repeat(20_000)),
      fc.constant(Number.NaN),
      fc.constant(() => 1),
      fc.constant(Symbol('s')),
    );
    const time = fc.oneof(
      fc.integer(),
      fc.date(),
      fc.tuple(fc.integer(), fc.integer()),
      fc.constant(Number.NaN),
    );
    const name = fc.oneof(fc.constantFrom('tick_total', 'spread', 'other'), fc.string());
    fc.assert(
      fc.property(
        name,
        fc.string(),
        odd,
        fc.option(time, { nil: undefined }),
        fc.nat(3),
        (called, key, value, at, links) => {
          const span = tracer.startSpan(called, { startTime: at as number });
          // What the SDK itself throws is not ours to prevent.
          const attempt = (action: () => void) => {
            try {
              action();
            } catch {}
          };
          const internals = span as unknown as {
            attributes: Record<string, unknown>;
            events: unknown[];
            links: unknown[];
          };
          // Past the SDK's own checks, as API 1.10 lets values be anything.
          internals.attributes[key] = value;
          attempt(() => span.addEvent('e', { ok: 1 }, at as number));
          internals.events.push({ name: value, time: at, attributes: { [key]: value } }, value);
          for (let link = 0; link < links; link++)
            internals.links.push({ context: value, attributes: value });
          span.end(at as number);
          apiSpans();
        },
      ),
      { numRuns: 1_000 },
    );
    expect(reader.tally('arguments_ignored')).toBeGreaterThan(0);
    expect(reader.tally('texts_truncated')).toBeGreaterThan(0);
    tracer.startSpan('after').end();
    expect(apiSpans().map((record) => record.name)).toEqual(['after']);
  });

  it('gives whatever shape a span has a well-formed record or none', () => {
    const { processor, apiSpans } = setUp();
    const odd = fc.anything() as fc.Arbitrary<never>;
    const span = fc.record({
      name: fc.oneof(fc.constant('other'), odd),
      kind: odd,
      spanContext: fc.constant(() => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })),
      startTime: fc.oneof(fc.constant([1_790_000_000, 5]), odd),
      endTime: fc.oneof(fc.constant([1_790_000_001, 5]), odd),
      duration: fc.oneof(fc.constant([1, 0]), odd),
      status: odd,
      attributes: odd,
      events: fc.oneof(fc.array(fc.record({ name: odd, time: odd, attributes: odd })), odd),
      links: odd,
      droppedAttributesCount: odd,
      droppedEventsCount: odd,
      instrumentationScope: odd,
      parentSpanContext: odd,
    });
    fc.assert(
      fc.property(span, fc.boolean(), (one, isStarted) => {
        if (isStarted) processor.onStart(one as unknown as ForeignSpan);
        processor.onEnd(one as unknown as ForeignSpan);
        for (const record of apiSpans()) {
          expect([record.traceId, record.spanId]).toEqual(['a'.repeat(32), 'b'.repeat(16)]);
          expect(record.kind).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
