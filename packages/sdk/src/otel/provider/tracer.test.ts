import {
  context,
  createContextKey,
  createTraceState,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { ProviderUnderTest } from './provider.test.fixture.js';

const REMOTE = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
};

describe('a root', () => {
  test('has ids of its own, which are the ones that are exported', () => {
    using subject = new ProviderUnderTest();
    const span = subject.tracer.startSpan('quote', { kind: SpanKind.SERVER });
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    expect(span.isRecording()).toBe(true);
    expect(traceState?.serialize()).toBe('ot=th:0');
    span.end();
    expect(subject.readOne()).toMatchObject({
      name: 'quote',
      kind: SpanKind.SERVER,
      scope: { name: 'bot', version: '1.0' },
      traceId,
      spanId,
      traceFlags,
      threshold: 0,
      parentSpanId: '',
      tickSequence: 0,
    });
  });

  test('is sampled by the ratio, and what the ratio leaves out passes a valid context on', () => {
    using subject = new ProviderUnderTest({ sampleRatio: 0.2 });
    const ids = new Set<string>();
    for (let count = 0; count < 5_000; count++) {
      const span = subject.tracer.startSpan('quote');
      const spanContext = span.spanContext();
      expect(trace.isSpanContextValid(spanContext)).toBe(true);
      expect(spanContext.traceFlags).toBe(span.isRecording() ? 3 : 2);
      ids.add(spanContext.traceId).add(spanContext.spanId);
      span.end();
    }
    expect(ids.size).toBe(10_000);
    const sampled = subject.read();
    // Five standard deviations.
    expect(Math.abs(sampled.length - 1_000)).toBeLessThan(5 * Math.sqrt(5_000 * 0.2 * 0.8));
    for (const { traceId } of sampled) {
      expect(Number.parseInt(traceId.slice(18, 26), 16)).toBeGreaterThanOrEqual(0xcccc_cccd - 1);
    }
  });

  test.each(['off', 'metrics'] as const)('in mode %s is not recorded', (mode) => {
    using subject = new ProviderUnderTest({ mode });
    const span = subject.tracer.startSpan('quote');
    expect(span.isRecording()).toBe(false);
    span.end();
    expect(subject.read()).toEqual([]);
  });
});

describe('a child', () => {
  test('follows its parent, recorded or not', () => {
    using subject = new ProviderUnderTest({ sampleRatio: 0.5 });
    const kinds = new Set<boolean>();
    for (let count = 0; count < 100; count++) {
      subject.tracer.startActiveSpan('outer', (outer) => {
        const inner = subject.tracer.startSpan('inner');
        expect(inner.isRecording()).toBe(outer.isRecording());
        expect(inner.spanContext().traceId).toBe(outer.spanContext().traceId);
        kinds.add(inner.isRecording());
        inner.end();
        outer.end();
        if (!outer.isRecording() && kinds.has(true)) return;
      });
    }
    expect(kinds.size).toBe(2);
    const spans = subject.read();
    const roots = new Map(spans.filter((span) => span.name === 'outer').map((span) => [span.spanId, span]));
    for (const span of spans.filter(({ name }) => name === 'inner')) {
      expect(roots.get(span.parentSpanId)?.traceId).toBe(span.traceId);
    }
  });

  test('of a remote span continues its trace and respects its decision', () => {
    using subject = new ProviderUnderTest({ sampleRatio: 0 });
    const remote = { ...REMOTE, traceState: createTraceState('vendor=1') };
    const active = trace.setSpanContext(ROOT_CONTEXT, remote);
    const span = subject.tracer.startSpan('handle', {}, active);
    expect(span.spanContext()).toMatchObject({ traceId: REMOTE.traceId, traceFlags: 1 });
    expect(span.spanContext().traceState?.get('vendor')).toBe('1');
    span.end();
    expect(subject.readOne()).toMatchObject({
      traceId: REMOTE.traceId,
      parentSpanId: REMOTE.spanId,
      parentIsRemote: true,
      traceState: 'vendor=1',
      threshold: undefined,
    });
    const unsampled = trace.setSpanContext(ROOT_CONTEXT, { ...REMOTE, traceFlags: 0 });
    const child = subject.tracer.startSpan('handle', {}, unsampled);
    expect([child.isRecording(), child.spanContext().traceId]).toEqual([false, REMOTE.traceId]);
  });

  test('of an invalid span is a root, and so is one that asks for it', () => {
    using subject = new ProviderUnderTest();
    const invalid = trace.setSpanContext(ROOT_CONTEXT, INVALID_SPAN_CONTEXT);
    subject.tracer.startSpan('a', {}, invalid).end();
    subject.tracer.startActiveSpan('b', (outer) => {
      subject.tracer.startSpan('c', { root: true }).end();
      outer.end();
    });
    const spans = subject.read();
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['', '', '']);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
  });

  test('is not made where tracing is suppressed', () => {
    using subject = new ProviderUnderTest();
    const key = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    const span = subject.tracer.startSpan('export', {}, ROOT_CONTEXT.setValue(key, true));
    expect([span.isRecording(), trace.isSpanContextValid(span.spanContext())]).toEqual([false, false]);
  });
});

describe('startActiveSpan', () => {
  test('takes every form of its arguments, returns what the callback returns, and restores the context', () => {
    using subject = new ProviderUnderTest();
    const { tracer } = subject;
    const key = createContextKey('mine');
    const given = ROOT_CONTEXT.setValue(key, 7);
    const seen: unknown[] = [];
    const body = (span: Span) => {
      seen.push(trace.getActiveSpan() === span, context.active().getValue(key));
      span.end();
      return span;
    };
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(tracer.startActiveSpan('a', body).isRecording()).toBe(false);
    tracer.startActiveSpan('b', { kind: SpanKind.CLIENT }, body);
    tracer.startActiveSpan('c', {}, given, body);
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(seen).toEqual([true, undefined, true, undefined, true, 7]);
    expect(subject.read().map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 0],
    ]);
  });

  test('carries the span across awaits, and rethrows untouched', async () => {
    using subject = new ProviderUnderTest();
    const { tracer } = subject;
    const error = new Error('mine');
    expect(() =>
      tracer.startActiveSpan('a', () => {
        throw error;
      }),
    ).toThrow(error);
    await tracer.startActiveSpan('b', async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(trace.getActiveSpan()).toBe(span);
      tracer.startSpan('c').end();
      span.end();
    });
    const [child, parent] = subject.read();
    expect(child.parentSpanId).toBe(parent.spanId);
  });

  test('keeps baggage and other values of the context', () => {
    using subject = new ProviderUnderTest();
    const baggage = propagation.createBaggage({ desk: { value: 'x' } });
    context.with(propagation.setBaggage(context.active(), baggage), () => {
      subject.tracer.startActiveSpan('a', () => {
        subject.tracer.startActiveSpan('b', (span) => {
          expect(propagation.getActiveBaggage()?.getEntry('desk')?.value).toBe('x');
          const key = createContextKey('k');
          const changed = context.active().setValue(key, 1);
          expect([changed.getValue(key), trace.getSpan(changed)]).toEqual([1, span]);
          expect(changed.deleteValue(key).getValue(key)).toBeUndefined();
          expect(trace.getSpan(trace.deleteSpan(changed))).toBeUndefined();
        });
      });
    });
  });
});

describe('inside a tick', () => {
  test('spans join its trace below it, and are recorded at any ratio', () => {
    using subject = new ProviderUnderTest({ sampleRatio: 0 });
    const { scope, tracer } = subject;
    let ids: { traceId: string; spanId: string } | undefined;
    scope.tick({ symbol: 'BTC-USD' }, (tick) => {
      ids = tick.spanContext();
      expect(trace.getActiveSpan()?.spanContext()).toEqual(ids);
      tracer.startActiveSpan('outer', (outer) => {
        expect(outer.isRecording()).toBe(true);
        expect(outer.spanContext().traceId).toBe(ids?.traceId);
        expect(scope.currentTick()).toBe(tick);
        tracer.startSpan('inner').end();
        outer.end();
      });
      tracer.startSpan('root', { root: true }).end();
    });
    const [inner, outer] = subject.read();
    expect(outer).toMatchObject({ tickSequence: 1, parentSpanId: ids?.spanId, parentIndex: 0 });
    expect(inner).toMatchObject({ tickSequence: 1, parentSpanId: outer.spanId });
  });

  test('are below the stage where stages are ambient', () => {
    using subject = new ProviderUnderTest({ ambientStages: true });
    subject.scope.tick((tick) => {
      tick.stage('work', (stage) => {
        subject.tracer.startSpan('inner').end();
        expect(subject.readOne().parentSpanId).toBe(stage.spanContext().spanId);
      });
    });
  });

  test('go on in its trace after it has ended', async () => {
    using subject = new ProviderUnderTest();
    let later: (() => void) | undefined;
    let traceId = '';
    subject.scope.tick((tick) => {
      traceId = tick.spanContext().traceId;
      later = context.bind(context.active(), () => subject.tracer.startSpan('late').end());
    });
    later?.();
    expect(subject.readOne()).toMatchObject({ name: 'late', tickSequence: 1 });
    expect(traceId).not.toBe('');
  });

  test('what is added to the active span reaches the tick’s', () => {
    using subject = new ProviderUnderTest();
    subject.scope.tick(() => {
      const span = trace.getActiveSpan();
      span?.addEvent('seen', { n: 1 }, 5);
      span?.setAttribute('list', [1, 2]).addLink({ context: REMOTE }).setStatus({ code: 2, message: 'bad' });
      span?.recordException('boom');
      expect(span?.isRecording()).toBe(true);
    });
    expect(subject.read()).toMatchObject([
      { tickSequence: 1, parentIndex: 0, events: [{ name: 'seen', time: 5, attributes: { n: 1 } }] },
      { attributes: { list: [1, 2] } },
      { links: [{ spanId: REMOTE.spanId, isRemote: true }] },
      { statusCode: 2, statusMessage: 'bad' },
      { events: [{ name: 'exception', attributes: { 'exception.message': 'boom' } }] },
    ]);
  });
});

test('getTracer gives the same tracer for the same scope', () => {
  using subject = new ProviderUnderTest();
  const { provider } = subject;
  expect(provider.getTracer('a', '1')).toBe(provider.getTracer('a', '1'));
  expect(provider.getTracer('a', '1')).not.toBe(provider.getTracer('a', '2'));
  provider.getTracer('a', '1', { schemaUrl: 'https://example.com/1' }).startSpan('x').end();
  expect(subject.readOne().scope).toEqual({ name: 'a', version: '1', schemaUrl: 'https://example.com/1' });
});
