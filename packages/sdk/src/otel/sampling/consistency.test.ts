import { createTraceState, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reliableThreshold } from './ot-trace-state.js';
import { RECORD_AND_SAMPLED } from './sampler.js';
import { StageRatioSampler } from './stage-ratio-sampler.js';
import { traceIds } from './trace-ids.test.fixture.js';

const RANDOMNESS = fc.stringMatching(/^[0-9a-f]{14}$/);
const RATIO = fc.oneof(
  fc.double({ min: 2 ** -32, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 2 ** -32, 1 - 2 ** -32),
);

/** A service that decides by its own ratio, for a request that came with this context or with none. */
function decide(ratio: number, traceId: string, parent?: SpanContext): SpanContext {
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const sampler = new StageRatioSampler({ ratio, parents: 'ignore' });
  const { decision, traceState = parent?.traceState } = sampler.shouldSample(context, traceId);
  const traceFlags = decision === RECORD_AND_SAMPLED ? 1 : 0;
  return {
    traceId,
    spanId: '00f067aa0ba902b7',
    traceFlags,
    isRemote: true,
    ...(traceState && { traceState }),
  };
}

function adjustedCount(span: SpanContext): number {
  const threshold = reliableThreshold(span);
  return threshold === undefined ? 0 : 2 ** 56 / (2 ** 56 - Number(`0x${threshold.padEnd(14, '0')}`));
}

describe('the share that is sampled', () => {
  it.each([
    [0.001, 11],
    [0.01, 12],
    [0.2, 13],
    [1 / 3, 14],
    [0.5, 15],
    [0.9, 16],
    [0.999, 17],
  ])('of ratio %f is within the binomial bounds', (ratio, seed) => {
    const count = 100_000;
    const sampler = new StageRatioSampler({ ratio });
    let sampled = 0;
    for (const traceId of traceIds(seed, count)) {
      if (sampler.shouldSample(ROOT_CONTEXT, traceId).decision === RECORD_AND_SAMPLED) sampled++;
    }
    // Five standard deviations: a right sampler leaves them once in 1.7 million seeds.
    const deviation = Math.sqrt(count * ratio * (1 - ratio));
    expect(Math.abs(sampled - count * ratio)).toBeLessThan(5 * deviation);
  });

  it('does not depend on whether the id is random in its first or last half', () => {
    const counts = [0, 0, 0, 0];
    const sampler = new StageRatioSampler({ ratio: 0.25 });
    for (const traceId of traceIds(99, 40_000)) {
      if (sampler.shouldSample(ROOT_CONTEXT, traceId).decision !== RECORD_AND_SAMPLED) continue;
      counts[Number.parseInt(traceId[0], 16) >> 2]++;
    }
    // Chi-square with three degrees of freedom: 21 is passed once in ten thousand seeds.
    const expected = counts.reduce((sum, one) => sum + one) / counts.length;
    const statistic = counts.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(21);
  });

  it('is what adjusted counts add up to, over services of different ratios', () => {
    const count = 10_000;
    for (const ratios of [[0.2], [0.5, 0.1], [0.05, 0.4], [1, 0.3, 0.7]]) {
      const sums = ratios.map(() => 0);
      for (const traceId of traceIds(7, count)) {
        let span: SpanContext | undefined;
        for (const [service, ratio] of ratios.entries()) {
          span = decide(ratio, traceId, span);
          sums[service] += adjustedCount(span);
        }
      }
      for (const [service, ratio] of ratios.entries()) {
        const deviation = Math.sqrt((count * (1 - ratio)) / ratio);
        expect(Math.abs(sums[service] - count)).toBeLessThanOrEqual(5 * deviation + 1e-3);
      }
    }
  });
});

describe('services that share a trace', () => {
  it('of a lower ratio sample a subset of what those of a higher ratio do', () => {
    fc.assert(
      fc.property(RANDOMNESS, RATIO, RATIO, fc.boolean(), (randomness, a, b, isExplicit) => {
        const parent = isExplicit
          ? {
              traceId: `${'1'.repeat(18)}${'0'.repeat(14)}`,
              spanId: '00f067aa0ba902b7',
              traceFlags: 0,
              traceState: createTraceState(`ot=rv:${randomness}`),
            }
          : undefined;
        const traceId = parent?.traceId ?? `${'1'.repeat(18)}${randomness}`;
        const lower = decide(Math.min(a, b), traceId, parent);
        const higher = decide(Math.max(a, b), traceId, parent);
        expect(lower.traceFlags).toBeLessThanOrEqual(higher.traceFlags);
        // The same whichever of them the other one calls.
        expect(decide(Math.min(a, b), traceId, higher).traceFlags).toBe(lower.traceFlags);
        expect(decide(Math.max(a, b), traceId, lower).traceFlags).toBe(higher.traceFlags);
      }),
      { numRuns: 1_000 },
    );
  });

  it('say the threshold by which they decided, and none when they did not sample', () => {
    fc.assert(
      fc.property(RANDOMNESS, RATIO, (randomness, ratio) => {
        const span = decide(ratio, `${'1'.repeat(18)}${randomness}`);
        const threshold = reliableThreshold(span);
        expect(span.traceState?.get('ot')).toBe(threshold === undefined ? undefined : `th:${threshold}`);
        expect(threshold !== undefined).toBe(span.traceFlags === 1);
        if (threshold === undefined) return;
        expect(threshold).toMatch(/^(0|[0-9a-f]{0,7}[1-9a-f])$/);
        expect(1 / adjustedCount(span)).toBeCloseTo(ratio, 9);
      }),
    );
  });

  it.each([
    // What the specification says of thresholds: 2^56 × (1 − ratio), hexadecimal, trailing zeros removed.
    [1, '0'],
    [0.75, '4'],
    [0.5, '8'],
    [0.25, 'c'],
    [0.125, 'e'],
    [1 / 16, 'f'],
    [1 / 256, 'ff'],
    [2 ** -16, 'ffff'],
    [2 ** -31, 'fffffffe'],
    [2 ** -32, 'ffffffff'],
    [1 - 2 ** -32, '00000001'],
    // Rounded at the eighth digit; in full they would be e6666666666666, fd70a3d70a3d71, aaaaaaaaaaaaab.
    [0.1, 'e6666666'],
    [0.01, 'fd70a3d7'],
    [1 / 3, 'aaaaaaab'],
    [0.2, 'cccccccd'],
  ])('have for ratio %f the threshold %s', (ratio, threshold) => {
    const traceState = decide(ratio, 'f'.repeat(32)).traceState;
    expect(traceState?.serialize()).toBe(`ot=th:${threshold}`);
  });

  it.each([
    // Below, at and above the threshold c0000000000000, by the trace id and by an explicit value.
    ['00000000000000000abfffffffffffff', undefined, 0],
    ['000000000000000000c0000000000000', undefined, 1],
    ['000000000000000000bfffffffffffff', undefined, 0],
    ['000000000000000000ffffffffffffff', undefined, 1],
    ['000000000000000000ffffffffffffff', 'bfffffffffffff', 0],
    ['00000000000000000000000000000001', 'c0000000000000', 1],
    ['00000000000000000000000000000001', '6e6d1a75832a2f', 0],
  ])('of ratio 0.25 decide about trace %s with rv %s: %i', (traceId, rv, traceFlags) => {
    const traceState = createTraceState(rv === undefined ? '' : `ot=rv:${rv}`);
    const parent = { traceId, spanId: '00f067aa0ba902b7', traceFlags: 2, traceState };
    expect(decide(0.25, traceId, parent).traceFlags).toBe(traceFlags);
  });
});
