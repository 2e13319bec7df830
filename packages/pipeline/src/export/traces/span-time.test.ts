import type { HrTime } from '@opentelemetry/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationOf, SpanClock } from './span-time.js';

const originUnixNanos = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });
/** Up to a year of uptime, at the resolution of the clock and at any other. */
const millis = fc.oneof(
  fc.double({ min: -60_000, max: 3.2e10, noNaN: true }),
  fc.integer({ min: 0, max: 2 ** 52 }).map((nanos) => nanos / 1e6),
  fc.nat(1_000_000_000),
);

/** The nearest nanosecond of a double of milliseconds, in exact arithmetic on the double's own fraction. */
function exactNanos(value: number): bigint {
  const shift = 60n;
  const whole = Math.floor(value);
  // The fraction is a multiple of 2^-60 (or tiny beyond it), so this product is exact.
  const scaledFraction = BigInt(Math.floor((value - whole) * 2 ** 60));
  const half = 1n << (shift - 1n);
  return BigInt(whole) * 1_000_000n + ((scaledFraction * 1_000_000n + half) >> shift);
}

const toNanos = ([seconds, nanos]: HrTime) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
const abs = (value: bigint) => (value < 0n ? -value : value);

test('a reading of whole nanoseconds arrives unchanged', () => {
  fc.assert(
    fc.property(originUnixNanos, fc.integer({ min: 0, max: 2 ** 49 }), (origin, nanos) => {
      const clock = new SpanClock(origin);
      expect(toNanos(clock.toHrTime(nanos / 1e6)) - origin).toBe(BigInt(nanos));
    }),
  );
});

test('any reading arrives as its nearest nanosecond', () => {
  fc.assert(
    fc.property(originUnixNanos, millis, (origin, reading) => {
      const nanos = toNanos(new SpanClock(origin).toHrTime(reading)) - origin;
      // Exactly between two nanoseconds the product's rounding may take the other one.
      expect(abs(nanos - exactNanos(reading))).toBeLessThanOrEqual(1n);
      const distance = Math.abs(
        Number(nanos - BigInt(Math.floor(reading)) * 1_000_000n) - (reading - Math.floor(reading)) * 1e6,
      );
      expect(distance).toBeLessThanOrEqual(0.5);
    }),
  );
});

test('nanoseconds are whole, below a second and never negative', () => {
  fc.assert(
    fc.property(originUnixNanos, millis, (origin, reading) => {
      fc.pre(reading >= 0);
      const [seconds, nanos] = new SpanClock(origin).toHrTime(reading);
      expect(Number.isSafeInteger(seconds)).toBe(true);
      expect(Number.isSafeInteger(nanos)).toBe(true);
      expect(nanos).toBeGreaterThanOrEqual(0);
      expect(nanos).toBeLessThan(1e9);
    }),
  );
});

test('order is kept: what is not later does not become later, and equal readings stay equal', () => {
  fc.assert(
    fc.property(
      originUnixNanos,
      millis,
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      (origin, reading, step) => {
        const clock = new SpanClock(origin);
        expect(clock.toHrTime(reading)).toEqual(clock.toHrTime(reading));
        expect(toNanos(clock.toHrTime(reading + step))).toBeGreaterThanOrEqual(
          toNanos(clock.toHrTime(reading)),
        );
      },
    ),
  );
});

test('a duration is exactly end less start', () => {
  fc.assert(
    fc.property(originUnixNanos, millis, millis, (origin, one, other) => {
      const clock = new SpanClock(origin);
      const [start, end] = [clock.toHrTime(Math.min(one, other)), clock.toHrTime(Math.max(one, other))];
      const duration = durationOf(start, end);
      expect(toNanos(duration)).toBe(toNanos(end) - toNanos(start));
      expect(duration[1]).toBeGreaterThanOrEqual(0);
      expect(duration[1]).toBeLessThan(1e9);
    }),
  );
});

test('a double of wall milliseconds would not do', () => {
  const origin = 1_790_000_000_123_456_789n;
  const reading = 12_345.678901;
  const naive = BigInt(Math.round((Number(origin) / 1e6 + reading) * 1e6));
  expect(toNanos(new SpanClock(origin).toHrTime(reading))).toBe(origin + 12_345_678_901n);
  expect(naive).not.toBe(origin + 12_345_678_901n);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is not a time', (reading) => {
  expect(() => new SpanClock(0n).toHrTime(reading)).toThrow(RangeError);
});
