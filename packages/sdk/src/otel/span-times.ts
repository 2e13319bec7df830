import type { SpanTime } from '@tickscope/core/internal';
import { type ForeignSpan, millisOf, type WallTime } from './foreign-span.js';

/** Stock SDKs truncate starts to the wall clock's millisecond; what differs by more was set by the caller. */
export const CLOCK_GRAIN_MILLIS = 2;
const NANOS_PER_MILLI = 1_000_000;

/** What the SDK's Span of both lines has besides; where it has not, the wall clock has to tell. */
interface SpanInternals {
  readonly _startTimeProvided?: unknown;
  /** `performance.now()` milliseconds. */
  readonly _performanceStartTime?: unknown;
}

/**
 * When a stock span began. Where the caller did not say so the SDK has truncated it to the millisecond, and
 * the monotonic clock knows better.
 * @returns `performance.now()` milliseconds; undefined where the caller said so.
 */
export function ownStart(span: ForeignSpan, nowMillis: number): number | undefined {
  if (isStartGiven(span)) return undefined;
  const { _performanceStartTime: start } = span as SpanInternals;
  return typeof start === 'number' && start <= nowMillis ? start : nowMillis;
}

/** A thread that stands still between a span's start and its `onStart` makes it look set by the caller, hence the first. */
export function isStartGiven(span: ForeignSpan): boolean {
  const { _startTimeProvided: isGiven } = span as SpanInternals;
  if (typeof isGiven === 'boolean') return isGiven;
  return !(Math.abs(lagOf(span.startTime)) <= CLOCK_GRAIN_MILLIS);
}

/** How long ago this was by the wall clock; NaN for no time. */
export function lagOf(time: WallTime): number {
  return Date.now() - (millisOf(time) ?? Number.NaN);
}

/**
 * How long a stock span says that it took where that is not until now: the caller has set its end, or the thread stood
 * still since. The wall clock may have been set in between, the monotonic one not. Undefined: it ends now.
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
  constructor(span: ForeignSpan, startMillis: number | undefined) {
    const { startTime, endTime } = span;
    this.#startTime = startTime;
    this.#startMillis = startMillis;
    this.#durationMillis = millisOf(span.duration) ?? 0;
    this.start = startMillis ?? wallTime(startTime);
    this.end =
      startMillis === undefined || isWholeMillis(span.duration)
        ? wallTime(endTime)
        : startMillis + this.#durationMillis;
  }

  /** The time of an event. Those that the SDK took lie as far from the start as they should. */
  at(time: WallTime): SpanTime {
    const [seconds, nanos] = wallTime(time);
    if (this.#startMillis === undefined || isWholeMillis(time)) return time;
    const offset = (seconds - this.#startTime[0]) * 1_000 + (nanos - this.#startTime[1]) / NANOS_PER_MILLI;
    return offset >= 0 && offset <= this.#durationMillis ? this.#startMillis + offset : time;
  }
}

/** What the SDK takes from the monotonic clock practically never is; a caller's Date, or number, always. */
function isWholeMillis([, nanos]: WallTime): boolean {
  return nanos % NANOS_PER_MILLI === 0;
}

function wallTime(time: WallTime): WallTime {
  const [seconds, nanos] = time;
  if (Number.isFinite(seconds) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9)
    return [seconds, nanos];
  throw new TypeError('no time');
}
