/**
 * What Tickscope reads of a stock SDK's span, structurally, so that every version of the SDK fits. Nothing is
 * trusted: a wrong shape reads as absent.
 */
import type { TraceState } from '@opentelemetry/api';

/** OpenTelemetry's HrTime. */
export type WallTime = readonly [seconds: number, nanos: number];

interface ForeignContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: TraceState | undefined;
  readonly isRemote?: boolean | undefined;
}

/** The part of OpenTelemetry's Span and ReadableSpan that is read. */
export interface ForeignSpan {
  readonly name: string;
  readonly kind: number;
  spanContext(): ForeignContext;
  /** Line 2.x and later; 1.x has `parentSpanId`. */
  readonly parentSpanContext?:
    | { readonly spanId: string; readonly isRemote?: boolean | undefined }
    | undefined;
  readonly startTime: WallTime;
  readonly endTime: WallTime;
  readonly duration: WallTime;
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly attributes: { readonly [key: string]: unknown };
  readonly events: readonly {
    readonly name: string;
    readonly time: WallTime;
    readonly attributes?: { readonly [key: string]: unknown } | undefined;
    readonly droppedAttributesCount?: number | undefined;
  }[];
  readonly links: readonly {
    readonly context: ForeignContext;
    readonly attributes?: { readonly [key: string]: unknown } | undefined;
    readonly droppedAttributesCount?: number | undefined;
  }[];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string | undefined;
    readonly schemaUrl?: string | undefined;
  };
}

export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState: TraceState | undefined;
  readonly parentSpanId: string | undefined;
}

const STATUS_ERROR = 2;
/** As many as are looked at for guard trips. */
const MAX_EVENTS = 128;
/** The event by which any span of a tick trips a guard. */
export const GUARD_EVENT = 'guard_trip';

export function identityOf(span: ForeignSpan): SpanIdentity | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (!isTraceId(traceId) || !isSpanId(spanId) || !Number.isInteger(traceFlags)) return undefined;
  const parentSpanId = span.parentSpanContext?.spanId;
  return {
    traceId,
    spanId,
    traceFlags,
    traceState,
    parentSpanId: isSpanId(parentSpanId) ? parentSpanId : undefined,
  };
}

export function isTraceId(id: unknown): id is string {
  return typeof id === 'string' && id.length === 32 && isHex(id);
}

export function isSpanId(id: unknown): id is string {
  return typeof id === 'string' && id.length === 16 && isHex(id);
}

/** A regular expression took several times as long. */
function isHex(id: string): boolean {
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    if (!((unit >= DIGIT_0 && unit <= DIGIT_9) || (unit >= LETTER_A && unit <= LETTER_F))) return false;
  }
  return true;
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const LETTER_A = 97;
const LETTER_F = 102;

/** Milliseconds, or undefined when it is no time. */
export function millisOf(time: WallTime | undefined): number | undefined {
  const millis = (time?.[0] as number) * 1_000 + (time?.[1] as number) / 1_000_000;
  return Number.isFinite(millis) && millis >= 0 ? millis : undefined;
}

export function textAttribute(span: ForeignSpan, key: string): string | undefined {
  const value = span.attributes?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAttribute(span: ForeignSpan, key: string): number | undefined {
  const value = span.attributes?.[key];
  return typeof value === 'number' ? value : undefined;
}

/** The message of what the span failed with, empty when it has none; undefined when it did not fail. */
export function errorOf(span: ForeignSpan): string | undefined {
  const { code, message } = span.status ?? {};
  if (code !== STATUS_ERROR) return undefined;
  return typeof message === 'string' ? message : '';
}

/** From each event `guard_trip` its attribute `reason`, and the span's own attribute `guard_trip`. */
export function guardReasonsOf(span: ForeignSpan): string[] {
  const reasons: string[] = [];
  const events = Array.isArray(span.events) ? span.events.slice(0, MAX_EVENTS) : [];
  for (const event of events) {
    if (event?.name !== GUARD_EVENT) continue;
    const reason: unknown = event.attributes?.reason;
    reasons.push(typeof reason === 'string' && reason !== '' ? reason : UNKNOWN_REASON);
  }
  const own = textAttribute(span, GUARD_EVENT);
  if (own !== undefined) reasons.push(own);
  return reasons;
}

/** A trip is counted even if nobody says why. */
const UNKNOWN_REASON = 'unknown';
