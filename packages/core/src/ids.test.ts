import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  INVALID_SPAN_ID,
  INVALID_TRACE_ID,
  randomnessOf,
  randomnessOfTraceId,
  spanIdOf,
  traceIdOf,
} from './ids.js';
import { Recording } from './recording.test.fixture.js';

const KEY = Uint32Array.of(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344);
const SEQUENCES = 100_000;

const key = fc.uint32Array({ minLength: 4, maxLength: 4 });
const sequence = fc.oneof(fc.integer({ min: 1, max: 1e6 }), fc.maxSafeInteger().map(Math.abs));
const lane = fc.integer({ min: 1, max: 0xffff });

describe('trace ids', () => {
  test('are unique over 10^5 sequences and several lanes', () => {
    const ids = new Set<string>();
    for (const own of [1, 2, 65_535]) for (let n = 1; n <= SEQUENCES; n++) ids.add(traceIdOf(KEY, own, n));
    expect(ids.size).toBe(3 * SEQUENCES);
  });

  test('stay unique where the sequence passes 2^32', () => {
    const ids = new Set<string>();
    for (let n = 2 ** 32 - 1_000; n < 2 ** 32 + 1_000; n++) ids.add(traceIdOf(KEY, 1, n));
    for (let n = 1; n < 1_000; n++) ids.add(traceIdOf(KEY, 1, n));
    expect(ids.size).toBe(2_999);
  });

  test('are 32 lower-case hex digits and never all zero', () => {
    fc.assert(
      fc.property(key, lane, sequence, (...of) => {
        expect(traceIdOf(...of)).toMatch(/^[0-9a-f]{32}$/);
        expect(traceIdOf(...of)).not.toBe(INVALID_TRACE_ID);
      }),
    );
  });

  test('differ between processes', () => {
    fc.assert(
      fc.property(key, key, sequence, (a, b, n) => {
        fc.pre(a.some((word, index) => word !== b[index]));
        expect(traceIdOf(a, 1, n)).not.toBe(traceIdOf(b, 1, n));
      }),
    );
  });

  test('are uniform in every byte of the 56 random bits', () => {
    for (let byte = 9; byte < 16; byte++) {
      const counts = new Float64Array(256);
      for (let n = 1; n <= SEQUENCES; n++) {
        counts[Number.parseInt(traceIdOf(KEY, 1, n).slice(byte * 2, byte * 2 + 2), 16)]++;
      }
      expect(chiSquare(counts, SEQUENCES / 256), `byte ${byte}`).toBeLessThan(CHI_SQUARE_255);
    }
  });

  test('have neighbours that agree in half of their bits', () => {
    let agreeing = 0;
    for (let n = 1; n <= 2_000; n++) {
      const differing = BigInt(`0x${traceIdOf(KEY, 1, n)}`) ^ BigInt(`0x${traceIdOf(KEY, 1, n + 1)}`);
      agreeing += 128 - differing.toString(2).replaceAll('0', '').length;
    }
    expect(agreeing / 2_000).toBeGreaterThan(63);
    expect(agreeing / 2_000).toBeLessThan(65);
  });
});

describe('span ids', () => {
  test('are unique over sequences, lanes and indexes of every kind', () => {
    const ids = new Set<string>();
    let made = 0;
    for (const own of [1, 7]) {
      for (let n = 1; n <= 5_000; n++) {
        for (const index of [0, 1, 2, 62, 0x1000, 0x1001, 0x8000, 0xffff]) {
          ids.add(spanIdOf(KEY, own, n, index));
          made++;
        }
      }
    }
    expect(ids.size).toBe(made);
  });

  test('are 16 lower-case hex digits and never all zero', () => {
    fc.assert(
      fc.property(key, lane, sequence, fc.integer({ min: 0, max: 0xffff }), (...of) => {
        expect(spanIdOf(...of)).toMatch(/^[0-9a-f]{16}$/);
        expect(spanIdOf(...of)).not.toBe(INVALID_SPAN_ID);
      }),
    );
  });
});

describe('the randomness of a trace', () => {
  test('is the upper 32 of the 56 random bits of its id', () => {
    fc.assert(
      fc.property(key, lane, sequence, (...of) => {
        expect(randomnessOf(...of)).toBe(randomnessOfTraceId(traceIdOf(...of)));
        expect(randomnessOf(...of)).toBe(Number.parseInt(traceIdOf(...of).slice(18, 26), 16));
      }),
    );
  });

  test('samples a ratio of sequences, and every ratio the same ones as a smaller ratio and more', () => {
    for (const ratio of [0.01, 0.2, 0.5]) {
      let sampled = 0;
      for (let n = 1; n <= SEQUENCES; n++)
        sampled += Number(randomnessOf(KEY, 3, n) >= (1 - ratio) * 2 ** 32);
      const deviation = Math.sqrt(SEQUENCES * ratio * (1 - ratio));
      expect(Math.abs(sampled - SEQUENCES * ratio)).toBeLessThan(5 * deviation);
    }
  });
});

describe('a context', () => {
  test('is the same on the trading thread and in what is read', async () => {
    const recording = new Recording({ lane: 3 });
    const seen: string[] = [];
    await recording.scope.tick(async (tick) => {
      seen.push(tick.spanContext().spanId);
      await tick.stage('fetch_md', async (fetch) => {
        seen.push(fetch.spanContext().spanId);
        await null;
        fetch.stage('parse', (parse) => seen.push(parse.spanContext().spanId));
      });
      seen.push(tick.start('left open').spanContext().spanId);
      expect(tick.spanContext().traceId).toBe(recording.scope.logFields().trace_id);
      seen.push(tick.spanContext().traceId);
    });
    const [{ spanId, spans, traceId, lane: ownLane }] = recording.ticks;
    expect([spanId(0), ...spans.map(({ index }) => spanId(index)), traceId]).toEqual(seen);
    expect(ownLane).toBe(3);
  });
});

/** The 1 - 10^-6 quantile of the chi-square distribution with 255 degrees of freedom. */
const CHI_SQUARE_255 = 372;

function chiSquare(counts: Float64Array, expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
