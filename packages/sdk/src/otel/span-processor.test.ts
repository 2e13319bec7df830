import { ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { Scope } from '@tickscope/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForeignSpan } from './foreign-span.js';
import { MAX_OPEN_TICKS } from './open-ticks.js';
import { TickscopeSpanProcessor } from './span-processor.js';
import { setUp } from './stock-provider.test.fixture.js';

function runTick(tracer: Tracer, name = 'tick_total', options = {}): Span {
  const root = tracer.startSpan(name, options);
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (const stage of ['fetch_md', 'spread', 'guards', 'emit']) {
    const span = tracer.startSpan(stage, {}, context);
    if (stage === 'guards') {
      tracer.startSpan('position', {}, trace.setSpan(context, span)).end();
      tracer.startSpan('spread', {}, trace.setSpan(context, span)).end();
    }
    span.end();
  }
  return root;
}

describe('a tick of a stock provider', () => {
  it('counts in the same cells as one of our own', () => {
    const { tracer, series } = setUp();
    for (let tick = 0; tick < 10; tick++) runTick(tracer).end();
    expect(series()).toEqual({
      'mm_stage_duration_ms{tick_total}': 10,
      'mm_stage_duration_ms{fetch_md}': 10,
      'mm_stage_duration_ms{spread}': 20,
      'mm_stage_duration_ms{guards}': 10,
      'mm_stage_duration_ms{emit}': 10,
      'mm_ticks_total{ok}': 10,
    });
  });

  it('leaves as one frame with the ids of the stock spans and their parents', () => {
    const { tracer, ticks } = setUp();
    const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
    const root = tracer.startSpan('tick_total', {}, trace.setSpanContext(ROOT_CONTEXT, parent));
    const context = trace.setSpan(ROOT_CONTEXT, root);
    const guards = tracer.startSpan('guards', {}, context);
    const inner = tracer.startSpan('spread', {}, trace.setSpan(context, guards));
    inner.end();
    guards.end();
    root.end();
    const [tick, ...others] = ticks();
    expect(others).toEqual([]);
    expect(tick.traceId).toBe(parent.traceId);
    expect(tick.spanId(0)).toBe(root.spanContext().spanId);
    expect(tick.remoteParent).toEqual({ ...parent, traceState: undefined });
    expect(tick.sampledByRatio).toBe(true);
    const spans = tick.spans.map((span) => [
      span.name,
      tick.spanId(span.index),
      tick.spanId(span.parentIndex),
    ]);
    expect(spans).toEqual([
      ['guards', guards.spanContext().spanId, root.spanContext().spanId],
      ['spread', inner.spanContext().spanId, guards.spanContext().spanId],
    ]);
    for (const span of tick.spans) {
      expect(span.unfinished).toBe(false);
      expect(span.endMillis).toBeGreaterThanOrEqual(span.startMillis);
    }
  });

  it('without a parent is a root, sampled by the threshold of its tracestate', () => {
    const { tracer, ticks } = setUp({ ratio: 0.5 });
    for (let tick = 0; tick < 100; tick++) runTick(tracer).end();
    const records = ticks();
    expect(records).toHaveLength(100);
    const sampled = records.filter((tick) => tick.sampledByRatio);
    expect(sampled.length).toBeGreaterThan(20);
    expect(sampled.length).toBeLessThan(80);
    expect(records.every((tick) => tick.remoteParent === undefined)).toBe(true);
    expect(new Set(sampled.map((tick) => tick.samplingThreshold))).toEqual(new Set([0x8000_0000]));
    const unsampled = records.filter((tick) => !tick.sampledByRatio);
    expect(new Set(unsampled.map((tick) => tick.samplingThreshold))).toEqual(new Set([undefined]));
  });

  it('takes symbol, deadline, outcome and the attributes it is told to from the root', () => {
    const { tracer, ticks, apiSpans } = setUp({ options: { attributes: ['venue', 'missing'] } });
    const attributes = { symbol: 'BTC-USD', deadline_ms: 50, venue: 'sim', secret: 'x' };
    const root = runTick(tracer, 'tick_total', { attributes });
    root.setAttribute('outcome', 'stale');
    root.end();
    expect(ticks()).toMatchObject([
      {
        symbol: 'BTC-USD',
        deadlineMillis: 50,
        outcome: 'stale',
        missed: false,
      },
    ]);
    expect(apiSpans().map(({ parentIndex, attributes: added }) => [parentIndex, added])).toContainEqual([
      0,
      { venue: 'sim' },
    ]);
  });

  it('counts for its symbol, its stages too, where symbols are told apart', () => {
    const { tracer, series } = setUp({ symbolLimit: 8 });
    const root = tracer.startSpan('tick_total', { attributes: { symbol: 'BTC-USD' } });
    const context = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('spread', {}, context).end();
    const late = tracer.startSpan('emit', {}, context);
    root.end();
    late.end();
    expect(series()).toEqual({
      'mm_stage_duration_ms{tick_total,BTC-USD}': 1,
      'mm_stage_duration_ms{spread,BTC-USD}': 1,
      'mm_stage_duration_ms{emit,BTC-USD}': 1,
      'mm_ticks_total{ok}': 1,
    });
  });

  it('misses its deadline from the start that the caller set', () => {
    const { tracer, ticks, series } = setUp();
    runTick(tracer, 'tick_total', { startTime: Date.now() - 5_000 }).end();
    const [tick] = ticks();
    expect(tick.missed).toBe(true);
    expect(tick.endMillis - tick.startMillis).toBeGreaterThan(4_900);
    expect(tick.spans[0]).toMatchObject({ kind: 'wait' });
    expect(series()).toMatchObject({ 'mm_tick_deadline_miss_total{tick_total}': 1 });
  });

  it('fails with the message of an error status, of a stage too', () => {
    const { tracer, ticks } = setUp();
    const root = tracer.startSpan('tick_total');
    const stage = tracer.startSpan('emit', {}, trace.setSpan(ROOT_CONTEXT, root));
    stage.setStatus({ code: SpanStatusCode.ERROR, message: 'rejected' });
    stage.end();
    root.setStatus({ code: SpanStatusCode.ERROR, message: 'no order' });
    root.end();
    expect(ticks()).toMatchObject([
      { outcome: 'failed', error: 'no order', spans: [{ name: 'emit', error: 'rejected' }] },
    ]);
  });

  it('trips guards by event and by attribute, on any span, one count each', () => {
    const { tracer, ticks, series } = setUp();
    const root = tracer.startSpan('tick_total');
    const guards = tracer.startSpan('guards', {}, trace.setSpan(ROOT_CONTEXT, root));
    guards.addEvent('guard_trip', { reason: 'stale' });
    guards.addEvent('something_else', { reason: 'stale' });
    guards.end();
    root.addEvent('guard_trip', { reason: 'max_position' });
    root.addEvent('guard_trip');
    root.setAttribute('guard_trip', 'stale');
    root.end();
    expect(ticks()).toMatchObject([
      { outcome: 'guard', guardReasons: ['stale', 'max_position', 'unknown', 'stale'] },
    ]);
    expect(series()).toMatchObject({
      'mm_guard_trips_total{stale}': 2,
      'mm_guard_trips_total{max_position}': 1,
      'mm_guard_trips_total{unknown}': 1,
    });
  });

  it('gives its stages the times that the caller set', () => {
    const { tracer, ticks, reader } = setUp();
    const root = tracer.startSpan('tick_total');
    const end = Date.now() - 100;
    tracer.startSpan('spread', { startTime: end - 40 }, trace.setSpan(ROOT_CONTEXT, root)).end(end);
    root.end();
    const [{ spans, endMillis }] = ticks();
    expect(spans[0].endMillis - spans[0].startMillis).toBeCloseTo(40, 6);
    expect(endMillis - spans[0].endMillis).toBeGreaterThan(90);
    const spread = reader.series().find((one) => one.labels.stage === 'spread');
    expect(spread?.type === 'histogram' && spread.sum).toBe(40);
  });
});

describe('many ticks', () => {
  it('of one trace are told apart by their spans', () => {
    const { tracer, ticks } = setUp();
    const parent = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('session'));
    const [first, second] = [
      tracer.startSpan('tick_total', {}, parent),
      tracer.startSpan('tick_total', {}, parent),
    ];
    const stages = [first, second].map((root, index) =>
      tracer.startSpan(index === 0 ? 'fetch_md' : 'emit', {}, trace.setSpan(ROOT_CONTEXT, root)),
    );
    for (const stage of stages) stage.end();
    first.end();
    second.end();
    const records = ticks().map((tick) => [tick.spanId(0), tick.spans.map((span) => span.name)]);
    expect(records).toEqual([
      [first.spanContext().spanId, ['fetch_md']],
      [second.spanContext().spanId, ['emit']],
    ]);
  });

  it('that never end are closed as abandoned, so that nothing grows', () => {
    const { tracer, series, reader } = setUp();
    const roots = Array.from({ length: MAX_OPEN_TICKS + 100 }, () => tracer.startSpan('tick_total'));
    expect(series()).toMatchObject({ 'mm_ticks_total{abandoned}': 100 });
    for (const root of roots) root.end();
    expect(series()).toMatchObject({
      'mm_ticks_total{abandoned}': 100,
      'mm_ticks_total{ok}': MAX_OPEN_TICKS,
      'mm_stage_duration_ms{tick_total}': MAX_OPEN_TICKS + 100,
    });
    expect(reader.openTicks).toBe(0);
  });

  it('measure a stage that ends after its tick, whose span then goes by itself', () => {
    const { tracer, series, ticks, apiSpans, reader } = setUp();
    const root = tracer.startSpan('tick_total');
    const context = trace.setSpan(ROOT_CONTEXT, root);
    const stage = tracer.startSpan('emit', {}, context);
    tracer.startSpan('spread', {}, trace.setSpan(context, stage)).end();
    root.end();
    expect(apiSpans()).toEqual([]);
    stage.setAttribute('venue', 'sim');
    stage.end();
    expect(series()).toMatchObject({ 'mm_stage_duration_ms{emit}': 1 });
    const [tick] = ticks();
    expect(tick.spans).toMatchObject([{ name: 'spread', unfinished: false }]);
    expect(tick.spanId(tick.spans[0].parentIndex)).toBe(stage.spanContext().spanId);
    expect(apiSpans()).toMatchObject([
      {
        name: 'emit',
        spanId: stage.spanContext().spanId,
        parentSpanId: root.spanContext().spanId,
        tickSequence: tick.sequence,
        attributes: { venue: 'sim' },
      },
    ]);
    expect(reader.tally('ended_late')).toBe(1);
  });
});

describe('the processor', () => {
  it('neither measures spans of other names nor makes ticks of them', () => {
    const { tracer, series, ticks } = setUp();
    tracer.startSpan('GET /orders').end();
    expect([series(), ticks()]).toEqual([{}, []]);
  });

  it('takes other names for stages when it is told to', () => {
    const { tracer, series } = setUp({ options: { stages: ['position'] } });
    runTick(tracer).end();
    expect(series()).toEqual({
      'mm_stage_duration_ms{tick_total}': 1,
      'mm_stage_duration_ms{position}': 1,
      'mm_ticks_total{ok}': 1,
    });
  });

  it('records nothing while the mode is off, and durations alone in `metrics`', () => {
    const { tracer, series, ticks, scope } = setUp();
    scope.setMode('off');
    runTick(tracer).end();
    expect(series()).toEqual({});
    scope.setMode('metrics');
    runTick(tracer).end();
    expect(series()).toMatchObject({ 'mm_ticks_total{ok}': 1, 'mm_stage_duration_ms{spread}': 2 });
    expect(ticks()).toEqual([]);
  });

  it('flushes the scope, and goes on being harmless after shutdown', async () => {
    const { provider, tracer, flushes, series } = setUp();
    const open = tracer.startSpan('tick_total');
    await provider.forceFlush();
    expect(flushes()).toBe(1);
    await provider.shutdown();
    expect(flushes()).toBe(2);
    open.end();
    runTick(tracer).end();
    expect(series()).toMatchObject({ 'mm_ticks_total{ok}': 1 });
  });

  it('is inert with a scope that does not record', async () => {
    const inert = new TickscopeSpanProcessor({ flush: () => Promise.reject(new Error('no')) } as Scope);
    const provider = new BasicTracerProvider({ spanProcessors: [inert] });
    runTick(provider.getTracer('bot')).end();
    await provider.shutdown();
  });

  it('never throws, whatever the spans are, and goes on measuring', () => {
    const { processor, tracer, series } = setUp({ options: { attributes: ['a'] } });
    const trap = new Proxy(
      {},
      {
        get() {
          throw new Error('hostile');
        },
      },
    );
    const odd = fc.oneof(fc.anything(), fc.constant(trap));
    const name = fc.oneof(fc.constantFrom('tick_total', 'spread', 'guards'), odd);
    const id = (digits: number) => fc.oneof(fc.constant('a'.repeat(digits)), odd);
    const span = fc.record(
      {
        name,
        spanContext: fc.oneof(
          odd,
          fc
            .record({ traceId: id(32), spanId: id(16), traceFlags: odd, traceState: odd })
            .map((context) => () => context),
        ),
        parentSpanContext: odd,
        startTime: odd,
        endTime: odd,
        duration: fc.oneof(fc.constant([0, 1_000_000]), odd),
        status: odd,
        attributes: odd,
        events: odd,
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(span, fc.constant(trap), odd), { maxLength: 8 }), (spans) => {
        for (const one of spans) processor.onStart(one as ForeignSpan);
        for (const one of spans) processor.onEnd(one as ForeignSpan);
      }),
      { numRuns: 2_000 },
    );
    const before = series()['mm_ticks_total{ok}'] ?? 0;
    runTick(tracer).end();
    expect(series()['mm_ticks_total{ok}']).toBe(before + 1);
  });

  it('ends a tick whose attributes cannot be read', () => {
    const { processor, series } = setUp();
    const span = (attributes: () => unknown): ForeignSpan =>
      ({
        name: 'tick_total',
        spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
        get attributes() {
          return attributes();
        },
        events: [],
      }) as unknown as ForeignSpan;
    processor.onStart(span(() => ({})));
    processor.onEnd(
      span(() => {
        throw new Error('hostile');
      }),
    );
    expect(series()).toMatchObject({ 'mm_ticks_total{ok}': 1 });
  });
});
