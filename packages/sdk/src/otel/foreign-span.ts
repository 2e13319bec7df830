/**
 * What Tickscope reads of a stock SDK's span, structurally, so that every version of the SDK fits. Nothing is
 * trusted: a wrong shape reads as absent.
 */
import type { TraceState } from '@opentelemetry/api';
import { reliableThreshold } from './sampling/ot-trace-state.js';

/** The part of OpenTelemetry's Span and ReadableSpan that is read. */
export interface ForeignSpan {
  readonly name: string;
  spanContext(): {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
    readonly traceState?: TraceState | undefined;
  };
  /** Line 2.x and later; 1.x has `parentSpanId`. */
  readonly parentSpanContext?: { readonly spanId: string } | undefined;
  readonly startTime: readonly [seconds: number, nanos: number];
  readonly endTime: readonly [seconds: number, nanos: number];
  readonly duration: readonly [seconds: number, nanos: number];
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly attributes: { readonly [key: string]: unknown };
  readonly events: readonly {
    readonly name: string;
    readonly attributes?: { readonly [key: string]: unknown } | undefined;
  }[];
}

export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly parentSpanId: string | undefined;
  readonly threshold: string | undefined;
}

const STATUS_ERROR = 2;
/** As many as a frame could hold. */
const MAX_EVENTS = 64;

export function identityOf(span: ForeignSpan): SpanIdentity | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (!/^[0-9a-f]{32}$/.test(traceId) || !isSpanId(spanId) || !Number.isInteger(traceFlags)) return undefined;
  const parentSpanId = span.parentSpanContext?.spanId;
  return {
    traceId,
    spanId,
    traceFlags,
    parentSpanId: isSpanId(parentSpanId) ? parentSpanId : undefined,
    threshold: reliableThreshold({ traceId, traceFlags, traceState }),
  };
}

function isSpanId(id: unknown): id is string {
  return typeof id === 'string' && /^[0-9a-f]{16}$/.test(id);
}

/** Milliseconds, or undefined when it is no time. */
export function millisOf(time: ForeignSpan['duration'] | undefined): number | undefined {
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
    if (event?.name !== 'guard_trip') continue;
    const reason: unknown = event.attributes?.reason;
    reasons.push(typeof reason === 'string' && reason !== '' ? reason : UNKNOWN_REASON);
  }
  const own = textAttribute(span, 'guard_trip');
  if (own !== undefined) reasons.push(own);
  return reasons;
}

/** A trip is counted even if nobody says why. */
const UNKNOWN_REASON = 'unknown';
