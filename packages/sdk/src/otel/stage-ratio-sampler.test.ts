import { createTraceState, ROOT_CONTEXT, type TraceState, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { TickscopeError } from '@tickscope/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageRatioSampler } from './stage-ratio-sampler.js';

const TRACE_ID = fc.stringMatching(/^[0-9a-f]{32}$/);
const SPAN_ID = '00f067aa0ba902b7';
const RECORD = 1;
const RECORD_AND_SAMPLED = 2;

/** Trace ids from a fixed seed (mulberry32), so that a statistical test gives one answer for ever. */
function* traceIds(seed: number, count: number): Generator<string> {
  let state = seed;
  const word = (): string => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0).toString(16).padStart(8, '0');
  };
  for (let made = 0; made < count; made++) yield word() + word() + word() + word();
}

function isSampled(sampler: StageRatioSampler, traceId: string): boolean {
  return sampler.shouldSample(ROOT_CONTEXT, traceId).decision === RECORD_AND_SAMPLED;
}

function under(traceFlags: number, traceState?: TraceState, isRemote = true) {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: SPAN_ID,
    traceFlags,
    isRemote,
    ...(traceState && { traceState }),
  });
}

describe('the ratio', () => {
  it.each([0.001, 0.2, 0.5, 0.9])('%f is what comes out, within five standard deviations', (ratio) => {
    const count = 100_000;
    const sampler = new StageRatioSampler({ ratio });
    let sampled = 0;
    for (const traceId of traceIds(42, count)) if (isSampled(sampler, traceId)) sampled++;
    const deviation = Math.sqrt(count * ratio * (1 - ratio));
    expect(Math.abs(sampled - count * ratio)).toBeLessThan(5 * deviation);
  });

  it('of 0 samples nothing and of 1 everything', () => {
    fc.assert(
      fc.property(TRACE_ID, (traceId) => {
        expect(isSampled(new StageRatioSampler({ ratio: 0 }), traceId)).toBe(false);
        expect(isSampled(new StageRatioSampler({ ratio: 1 }), traceId)).toBe(true);
      }),
    );
  });

  it('that is lower samples a subset', () => {
    const ratio = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);
    fc.assert(
      fc.property(TRACE_ID, ratio, ratio, (traceId, a, b) => {
        const lower = isSampled(new StageRatioSampler({ ratio: Math.min(a, b) }), traceId);
        const higher = isSampled(new StageRatioSampler({ ratio: Math.max(a, b) }), traceId);
        expect(!lower || higher).toBe(true);
      }),
    );
  });

  it('looks at the last 56 bits of the trace id only', () => {
    const sampler = new StageRatioSampler({ ratio: 0.5 });
    expect(isSampled(sampler, 'ffffffffffffffffff7fffffffffffff')).toBe(false);
    expect(isSampled(sampler, '00000000000000000080000000000000')).toBe(true);
  });

  it('changes at run time', () => {
    const sampler = new StageRatioSampler();
    expect([sampler.ratio, String(sampler)]).toEqual([1, 'StageRatioSampler{1}']);
    sampler.setRatio(0);
    expect(isSampled(sampler, 'f'.repeat(32))).toBe(false);
  });

  it.each([-0.1, 1.1, Number.NaN, '0.2'])('%s is refused', (ratio) => {
    expect(() => new StageRatioSampler({ ratio: ratio as number })).toThrow(TickscopeError);
    expect(() => new StageRatioSampler().setRatio(ratio as number)).toThrow(/expected a number from 0 to 1/);
  });
});

describe('a decision', () => {
  it('always records', () => {
    fc.assert(
      fc.property(TRACE_ID, fc.double({ min: 0.01, max: 1, noNaN: true }), (traceId, ratio) => {
        const { decision } = new StageRatioSampler({ ratio }).shouldSample(ROOT_CONTEXT, traceId);
        expect([RECORD, RECORD_AND_SAMPLED]).toContain(decision);
      }),
    );
  });

  it.each([
    [1, 'ot=th:0'],
    [0.5, 'ot=th:8'],
    [0.25, 'ot=th:c'],
    [0.2, 'ot=th:cccccccd'],
    [2 ** -32, 'ot=th:ffffffff'],
  ])('to sample by ratio %f carries %s', (ratio, traceState) => {
    const answer = new StageRatioSampler({ ratio }).shouldSample(ROOT_CONTEXT, 'f'.repeat(32));
    expect([answer.decision, answer.traceState?.serialize()]).toEqual([RECORD_AND_SAMPLED, traceState]);
  });

  it('not to sample carries no threshold', () => {
    const answer = new StageRatioSampler({ ratio: 0.5 }).shouldSample(
      ROOT_CONTEXT,
      `${'f'.repeat(18)}${'0'.repeat(14)}`,
    );
    expect(answer).toEqual({ decision: RECORD });
  });

  it.each([
    [1, true, RECORD_AND_SAMPLED],
    [1, false, RECORD_AND_SAMPLED],
    [3, true, RECORD_AND_SAMPLED],
    [0, true, RECORD],
    [2, false, RECORD],
  ])("with a parent of flags %i (remote: %s) is the parent's", (flags, isRemote, decision) => {
    for (const ratio of [0, 1]) {
      const traceState = createTraceState('ot=th:8;rv:0123456789abcd,venue=x');
      const sampler = new StageRatioSampler({ ratio });
      const answer = sampler.shouldSample(
        under(flags, traceState, isRemote),
        '4bf92f3577b34da6a3ce929d0e0e4736',
      );
      expect([answer.decision, answer.traceState]).toEqual([decision, traceState]);
    }
  });

  it('of a root goes by an explicit randomness', () => {
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '0'.repeat(32),
      spanId: '0'.repeat(16),
      traceFlags: 0,
      traceState: createTraceState('venue=x,ot=rv:80000000000000;th:1'),
    });
    const low = '0'.repeat(32);
    const sampled = new StageRatioSampler({ ratio: 0.5 }).shouldSample(context, low);
    expect([sampled.decision, sampled.traceState?.serialize()]).toEqual([
      RECORD_AND_SAMPLED,
      'ot=th:8;rv:80000000000000,venue=x',
    ]);
    const unsampled = new StageRatioSampler({ ratio: 0.4 }).shouldSample(context, low);
    expect([unsampled.decision, unsampled.traceState?.serialize()]).toEqual([
      RECORD,
      'ot=rv:80000000000000,venue=x',
    ]);
  });
});

describe('in a stock provider', () => {
  it('whole traces are exported or none of their spans', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      sampler: new StageRatioSampler({ ratio: 0.5 }) satisfies Sampler,
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer('test');
    for (let tick = 0; tick < 200; tick++) {
      const root = tracer.startSpan('tick_total');
      const stage = tracer.startSpan('spread', {}, trace.setSpan(ROOT_CONTEXT, root));
      expect([root.isRecording(), stage.isRecording()]).toEqual([true, true]);
      stage.end();
      root.end();
    }
    const perTrace = new Map<string, number>();
    for (const span of exporter.getFinishedSpans()) {
      const { traceId } = span.spanContext();
      perTrace.set(traceId, (perTrace.get(traceId) ?? 0) + 1);
    }
    expect(new Set(perTrace.values())).toEqual(new Set([2]));
    expect(perTrace.size).toBeGreaterThan(50);
    expect(perTrace.size).toBeLessThan(150);
    const states = exporter.getFinishedSpans().map((span) => span.spanContext().traceState?.serialize());
    expect(new Set(states)).toEqual(new Set(['ot=th:8']));
  });
});
