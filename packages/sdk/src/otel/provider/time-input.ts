import type { TimeInput } from '@opentelemetry/api';
import type { SpanTime } from '@tickscope/core/internal';

const NANOS_PER_SECOND = 1_000_000_000;
/** OTLP's nanoseconds since 1970 are 64 bits; a date beyond the year 2242 is a mistake. */
const MAX_SECONDS = 2 ** 33;

/**
 * A time in any of the API's forms: milliseconds of `performance.now()` or since 1970, told apart as the stock SDK
 * does; a Date; seconds and nanoseconds. Undefined for anything that is no time. Never throws.
 */
export function spanTime(given: unknown, nowMillis: number): SpanTime | undefined {
  try {
    if (typeof given === 'number') return given <= nowMillis ? ownClock(given) : sinceEpoch(given);
    if (Array.isArray(given)) return given.length === 2 ? normal(given[0], given[1]) : undefined;
    return given instanceof Date ? sinceEpoch(given.getTime()) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `addEvent`'s second argument is a time rather than attributes. */
export function isTimeInput(given: unknown): given is TimeInput {
  try {
    if (typeof given === 'number' || given instanceof Date) return true;
    return (
      Array.isArray(given) &&
      given.length === 2 &&
      typeof given[0] === 'number' &&
      typeof given[1] === 'number'
    );
  } catch {
    return false;
  }
}

/** Milliseconds on the clock of `performance.now()`, near enough to compare. */
export function ownMillis(time: SpanTime, originUnixMicros: number): number {
  if (typeof time === 'number') return time;
  return time[0] * 1000 - originUnixMicros / 1000 + time[1] / 1_000_000;
}

/** Negative ones lie before the process; before 1970 they are a mistake. */
function ownClock(millis: number): number | undefined {
  return millis > -1e12 ? millis : undefined;
}

function sinceEpoch(millis: number): SpanTime | undefined {
  const seconds = Math.floor(millis / 1000);
  return normal(seconds, Math.round((millis - seconds * 1000) * 1_000_000));
}

function normal(givenSeconds: unknown, givenNanos: unknown): SpanTime | undefined {
  if (typeof givenSeconds !== 'number' || typeof givenNanos !== 'number') return undefined;
  const carry = Math.floor(givenNanos / NANOS_PER_SECOND);
  const seconds = Math.floor(givenSeconds) + carry;
  const nanos = Math.floor(givenNanos - carry * NANOS_PER_SECOND);
  return seconds >= 0 && seconds < MAX_SECONDS && nanos >= 0 ? [seconds, nanos] : undefined;
}
