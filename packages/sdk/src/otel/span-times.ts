import type { SpanTime } from '@tickscope/core/internal';
import { type ForeignSpan, millisOf, type WallTime } from './foreign-span.js';

/** Stock SDKs truncate starts to the wall clock's millisecond; what differs by more was set by the caller. */
export const CLOCK_GRAIN_MILLIS = 2;
const NANOS_PER_MILLI = 1_000_000;

/**
 * When a stock span began. Where the caller did not say so the SDK has truncated it to the millisecond, and
 * our own clock knows better.
 * @returns `performance.now()` milliseconds; undefined where the caller said so, by `lagMillis` ago.
 */
export function ownStart(span: ForeignSpan, nowMillis: number): number | undefined {
  const lag = lagOf(span.startTime);
  return lag > CLOCK_GRAIN_MILLIS || lag < -CLOCK_GRAIN_MILLIS ? undefined : nowMillis;
}

/** How long ago this was by the wall clock; NaN for no time. */
export function lagOf(time: WallTime): number {
  return Date.now() - (millisOf(time) ?? Number.NaN);
}

/**
 * How long a stock span says that it took where the caller has set its end, which the time since its start tells:
 * the wall clock may have been set in between, the monotonic one not. Undefined: it ends now.
 */
export function givenDuration(span: ForeignSpan, startMillis: number, nowMillis: number): number | undefined {
  const duration = millisOf(span.duration);
  if (duration === undefined) return undefined;
  return Math.abs(nowMillis - startMillis - duration) > CLOCK_GRAIN_MILLIS ? duration : undefined;
}

/**
 * The times of an ended span. They are on the monotonic clock, to which stages and ticks belong, as far as the caller
 * has left them to the SDK; else they are the caller's.
 */
export class SpanTimes {
  readonly start: SpanTime;
  readonly end: SpanTime;
  readonly #startTime: WallTime;
  readonly #startMillis: number | undefined;
  readonly #durationMillis: number;

  /** @throws for what is no time. */
  constructor(span: ForeignSpan, startMillis: number | undefined, nowMillis: number) {
    const { startTime, endTime } = span;
    this.#startTime = startTime;
    this.#startMillis = startMillis;
    this.#durationMillis = millisOf(span.duration) ?? 0;
    this.start = startMillis ?? wallTime(startTime);
    this.end =
      startMillis === undefined || givenDuration(span, startMillis, nowMillis) !== undefined
        ? wallTime(endTime)
        : startMillis + this.#durationMillis;
  }

  /**
   * The time of an event. Those that the SDK took lie as far from the start as they should, and are never whole
   * milliseconds; those are a caller's.
   */
  at(time: WallTime): SpanTime {
    const [seconds, nanos] = wallTime(time);
    if (this.#startMillis === undefined || nanos % NANOS_PER_MILLI === 0) return time;
    const offset = (seconds - this.#startTime[0]) * 1_000 + (nanos - this.#startTime[1]) / NANOS_PER_MILLI;
    return offset >= 0 && offset <= this.#durationMillis ? this.#startMillis + offset : time;
  }
}

function wallTime(time: WallTime): WallTime {
  const [seconds, nanos] = time;
  if (Number.isFinite(seconds) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9)
    return [seconds, nanos];
  throw new TypeError('no time');
}
