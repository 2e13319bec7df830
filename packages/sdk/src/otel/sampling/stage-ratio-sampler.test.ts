import { createTraceState, ROOT_CONTEXT, type TraceState, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type Mode, TickscopeError } from '@tickscope/core';
import {
  DEFAULT_RECORDER_OPTIONS,
  loadThreshold,
  NoopScope,
  Recorder,
  ScopeRecorder,
} from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageRatioSampler, type StageRatioSamplerOptions } from './stage-ratio-sampler.js';

const TRACE_ID = fc.stringMatching(/^[0-9a-f]{32}$/);
const SPAN_ID = '00f067aa0ba902b7';
const NOT_RECORD = 0;
const RECORD = 1;
const RECORD_AND_SAMPLED = 2;

function recordingScope(sampleRatio: number): ScopeRecorder {
  const options = { ...DEFAULT_RECORDER_OPTIONS, sampleRatio, key: Uint32Array.of(1, 2, 3, 4) };
  const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
  return new ScopeRecorder(new Recorder(options), {}, control);
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
  it('of 0 samples nothing and of 1 everything', () => {
    fc.assert(
      fc.property(TRACE_ID, (traceId) => {
        expect(isSampled(new StageRatioSampler({ ratio: 0 }), traceId)).toBe(false);
        expect(isSampled(new StageRatioSampler({ ratio: 1 }), traceId)).toBe(true);
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

  it('is that of a scope, both ways', () => {
    const scope = recordingScope(0.25);
    const sampler = new StageRatioSampler({ scope });
    expect(sampler.ratio).toBe(0.25);
    scope.setSampleRatio(0.5);
    expect(sampler.ratio).toBe(0.5);
    expect(sampler.shouldSample(ROOT_CONTEXT, 'f'.repeat(32)).traceState?.serialize()).toBe('ot=th:8');
    sampler.setRatio(0);
    expect(loadThreshold(scope.recorder.i32)).toBe(2 ** 32);
    expect(isSampled(sampler, 'f'.repeat(32))).toBe(false);
    expect(new StageRatioSampler({ scope, ratio: 0.75 }).ratio).toBe(0.75);
    expect(sampler.ratio).toBe(0.75);
    expect(new StageRatioSampler({ scope: new NoopScope(), ratio: 0.75 }).ratio).toBe(0.75);
  });

  it("holds in a scope's mode `sampled`; the others sample everything, nothing, or do not even record", () => {
    const scope = recordingScope(0.5);
    const sampler = new StageRatioSampler({ scope });
    const decisions = (mode: Mode) => {
      scope.setMode(mode);
      return ['f', '0'].map((digit) => sampler.shouldSample(ROOT_CONTEXT, digit.repeat(32)).decision);
    };
    expect(decisions('sampled')).toEqual([RECORD_AND_SAMPLED, RECORD]);
    expect(decisions('full')).toEqual([RECORD_AND_SAMPLED, RECORD_AND_SAMPLED]);
    expect(sampler.ratio).toBe(1);
    expect(decisions('metrics')).toEqual([RECORD, RECORD]);
    expect(decisions('off')).toEqual([NOT_RECORD, NOT_RECORD]);
    expect(decisions('sampled')).toEqual([RECORD_AND_SAMPLED, RECORD]);
  });

  it.each([-0.1, 1.1, Number.NaN, '0.2'])('%s is refused', (ratio) => {
    expect(() => new StageRatioSampler({ ratio: ratio as number })).toThrow(TickscopeError);
    expect(() => new StageRatioSampler().setRatio(ratio as number)).toThrow(/expected a number from 0 to 1/);
  });
});

it('refuses options with every problem at once', () => {
  const options = { ratio: 2, scope: {}, parents: 'both', recordUnsampled: 1, rate: 1 };
  expect(() => new StageRatioSampler(options as unknown as StageRatioSamplerOptions)).toThrow(
    `Tickscope's configuration has 5 problems:
  StageRatioSampler ratio: expected a number from 0 to 1 (0, or at least 2^-32), got 2 (code)
  StageRatioSampler scope: expected a scope, got an object (code)
  StageRatioSampler parents: expected one of follow, ignore, got "both" (code)
  StageRatioSampler recordUnsampled: expected true or false, got 1 (code)
  StageRatioSampler rate: expected a known key (nearest: ratio), got "rate" (code)`,
  );
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
      const sampler = new StageRatioSampler({ ratio });
      const ask = (text: string) => {
        const context = under(flags, createTraceState(text), isRemote);
        const answer = sampler.shouldSample(context, '4bf92f3577b34da6a3ce929d0e0e4736');
        expect(answer.decision).toBe(decision);
        return answer.traceState?.serialize();
      };
      const isSampled = decision === RECORD_AND_SAMPLED;
      // The threshold goes on where it is why the trace is sampled.
      expect(ask('a=1,ot=th:8;rv:8123456789abcd')).toBe(
        isSampled ? 'a=1,ot=th:8;rv:8123456789abcd' : 'ot=rv:8123456789abcd,a=1',
      );
      expect(ask('a=1,ot=th:8;rv:0123456789abcd')).toBe('ot=rv:0123456789abcd,a=1');
      expect(ask('a=1,ot=th:c')).toBe(isSampled ? 'a=1,ot=th:c' : 'a=1');
      expect(ask('ot=th:d')).toBe('');
      expect(ask('a=1')).toBe('a=1');
    }
  });

  it('that ignores parents is by the ratio for every span, with its own threshold', () => {
    const sampler = new StageRatioSampler({ ratio: 0.5, parents: 'ignore' });
    for (const flags of [0, 1, 2, 3]) {
      const ask = (traceId: string) => {
        const answer = sampler.shouldSample(under(flags, createTraceState('a=1,ot=th:c')), traceId);
        return [answer.decision, answer.traceState?.serialize()];
      };
      expect(ask('f'.repeat(32))).toEqual([RECORD_AND_SAMPLED, 'ot=th:8,a=1']);
      expect(ask(`${'f'.repeat(18)}7${'f'.repeat(13)}`)).toEqual([RECORD, 'a=1']);
    }
  });

  it('records what it does not sample only as long as it is to', () => {
    const sampler = new StageRatioSampler({ ratio: 0, recordUnsampled: false });
    expect(sampler.shouldSample(ROOT_CONTEXT, 'f'.repeat(32))).toEqual({ decision: NOT_RECORD });
    expect(sampler.shouldSample(under(0), 'f'.repeat(32))).toEqual({ decision: NOT_RECORD });
    expect(sampler.shouldSample(under(1), 'f'.repeat(32))).toEqual({ decision: RECORD_AND_SAMPLED });
  });

  it('is made whatever the trace id and the tracestate are', () => {
    const odd = fc.anything() as fc.Arbitrary<never>;
    const sampler = new StageRatioSampler({ ratio: 0.5 });
    fc.assert(
      fc.property(fc.string(), odd, fc.integer(), (traceId, traceState, flags) => {
        const { decision } = sampler.shouldSample(under(flags, traceState), traceId);
        expect(decision).toBe((flags & 1) === 1 ? RECORD_AND_SAMPLED : RECORD);
        const root = trace.setSpanContext(ROOT_CONTEXT, {
          traceId,
          spanId: '',
          traceFlags: flags,
          traceState,
        });
        expect([RECORD, RECORD_AND_SAMPLED]).toContain(sampler.shouldSample(root, traceId).decision);
      }),
    );
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
