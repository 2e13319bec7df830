import { createTraceState, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { ConsistentParentSampler, type ConsistentParentSamplerOptions } from './consistent-parent-sampler.js';
import { RecordAlwaysSampler } from './record-always-sampler.js';
import type { SamplerLike } from './sampler.js';
import { StageRatioSampler } from './stage-ratio-sampler.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const KINDS = [
  ['root', undefined],
  ['remoteParentSampled', { traceFlags: 1, isRemote: true }],
  ['remoteParentNotSampled', { traceFlags: 0, isRemote: true }],
  ['localParentSampled', { traceFlags: 3, isRemote: false }],
  ['localParentNotSampled', { traceFlags: 2 }],
] as const;

function ask(sampler: SamplerLike, parent: (typeof KINDS)[number][1], traceState?: string) {
  const context =
    parent === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          ...parent,
          traceId: TRACE_ID,
          spanId: '00f067aa0ba902b7',
          ...(traceState && { traceState: createTraceState(traceState) }),
        });
  return sampler.shouldSample(context, TRACE_ID, 'tick_total', SpanKind.INTERNAL, {}, []);
}

describe('a sampler for each kind of parent', () => {
  it.each(KINDS)('asks the one for %s', (kind, parent) => {
    const asked: string[] = [];
    const spy = (name: string): SamplerLike => ({
      shouldSample: () => {
        asked.push(name);
        return { decision: 1, attributes: { from: name } };
      },
      toString: () => name,
    });
    const options = Object.fromEntries(KINDS.map(([name]) => [name, spy(name)]));
    const sampler = new ConsistentParentSampler(options as unknown as ConsistentParentSamplerOptions);
    expect(ask(sampler, parent)).toEqual({ decision: 1, attributes: { from: kind } });
    expect(asked).toEqual([kind]);
  });

  it.each(KINDS)("decides as OpenTelemetry's own where only the root is given: %s", (_kind, parent) => {
    for (const root of [new AlwaysOnSampler(), new AlwaysOffSampler(), new TraceIdRatioBasedSampler(0.5)]) {
      const ours = ask(new ConsistentParentSampler({ root }), parent);
      expect(ours.decision).toBe(ask(new ParentBasedSampler({ root }), parent).decision);
    }
  });

  it.each([
    ['remoteParentSampled', 'ot=th:8,a=1', 'ot=th:8,a=1'],
    ['remoteParentSampled', 'ot=th:f;x:1,a=1', 'ot=x:1,a=1'],
    ['localParentSampled', 'a=1,ot=th:0', 'a=1,ot=th:0'],
    ['remoteParentNotSampled', 'a=1,ot=th:8', 'a=1'],
    ['localParentNotSampled', 'ot=th:8', ''],
  ])('passes on a threshold only where it is the reason: %s with %s', (kind, before, after) => {
    const sampler = new ConsistentParentSampler({ root: new AlwaysOnSampler() });
    const parent = KINDS.find(([name]) => name === kind)?.[1];
    expect(ask(sampler, parent, before).traceState?.serialize()).toBe(after);
  });

  it('lets a service sample some of what its callers did not', () => {
    const remoteParentNotSampled = new StageRatioSampler({ ratio: 0.5, parents: 'ignore' });
    const sampler = new ConsistentParentSampler({ root: new AlwaysOffSampler(), remoteParentNotSampled });
    const answer = ask(sampler, { traceFlags: 0, isRemote: true }, 'a=1');
    expect([answer.decision, answer.traceState?.serialize()]).toEqual([2, 'ot=th:8,a=1']);
  });

  it('names its parts', () => {
    const sampler = new ConsistentParentSampler({
      root: new StageRatioSampler({ ratio: 0.2 }),
      localParentSampled: new AlwaysOnSampler(),
    });
    expect(String(sampler)).toBe(
      'ConsistentParentSampler{root=StageRatioSampler{0.2}, localParentSampled=AlwaysOnSampler}',
    );
  });

  it.each([
    [undefined, 'root: expected a sampler, got null'],
    [{ root: {} }, 'root: expected a sampler, got an object'],
    [{ root: new AlwaysOnSampler(), remote: 1 }, 'remote: expected'],
    [
      { root: new AlwaysOnSampler(), localParentSampled: 'on' },
      'localParentSampled: expected a sampler, got "on"',
    ],
  ])('refuses %o', (options, problem) => {
    expect(() => new ConsistentParentSampler(options as unknown as ConsistentParentSamplerOptions)).toThrow(
      `ConsistentParentSampler ${problem}`,
    );
  });
});

describe('a sampler that always records', () => {
  it('changes nothing but what would not be recorded', () => {
    const attributes = { rule: 'x' };
    const traceState = createTraceState('a=1');
    for (const [decision, expected] of [
      [0, 1],
      [1, 1],
      [2, 2],
    ]) {
      const delegate = { shouldSample: () => ({ decision, attributes, traceState }) };
      expect(ask(new RecordAlwaysSampler(delegate), undefined)).toEqual({
        decision: expected,
        attributes,
        traceState,
      });
    }
    expect(String(new RecordAlwaysSampler(new AlwaysOffSampler()))).toBe(
      'RecordAlwaysSampler{AlwaysOffSampler}',
    );
  });

  it.each([undefined, null, {}, 'always_on'])('is not made of %o', (delegate) => {
    expect(() => new RecordAlwaysSampler(delegate as unknown as SamplerLike)).toThrow(
      'RecordAlwaysSampler delegate: expected a sampler',
    );
  });

  it.each([
    ['StageRatioSampler', new StageRatioSampler({ ratio: 0 })],
    ['the stock sampler', new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0) })],
    ['ConsistentParentSampler', new ConsistentParentSampler({ root: new AlwaysOffSampler() })],
  ] satisfies [string, Sampler][])(
    'shows a processor every span and exporters none, around %s',
    (_, sampler) => {
      const exporter = new InMemorySpanExporter();
      const seen: string[] = [];
      const watcher: SpanProcessor = {
        onStart: (span) => seen.push(`start ${span.name}`),
        onEnd: (span) => seen.push(`end ${span.name}`),
        forceFlush: async () => {},
        shutdown: async () => {},
      };
      const provider = new BasicTracerProvider({
        sampler: new RecordAlwaysSampler(sampler) satisfies Sampler,
        spanProcessors: [watcher, new SimpleSpanProcessor(exporter)],
      });
      const tracer = provider.getTracer('test');
      const root = tracer.startSpan('tick_total');
      tracer.startSpan('spread', {}, trace.setSpan(ROOT_CONTEXT, root)).end();
      root.end();
      expect(seen).toEqual(['start tick_total', 'start spread', 'end spread', 'end tick_total']);
      expect(exporter.getFinishedSpans()).toEqual([]);
    },
  );
});
