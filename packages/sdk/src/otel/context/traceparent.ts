/** The `traceparent` of W3C Trace Context, level 2. https://www.w3.org/TR/trace-context-2/#traceparent-header */
import type { SpanContext } from '@opentelemetry/api';
import { TRACE_FLAG_RANDOM, TRACE_FLAG_SAMPLED } from '@tickscope/core/internal';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ALL_ZERO = /^0+$/;
/** Flags without a meaning are to be zero in what is sent on. */
const KNOWN_FLAGS = TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;

/**
 * Undefined for what is no traceparent. A version above `00` is read as far as it is known; `ff` is none.
 * White space around the text, as HTTP allows it, is left out of account.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const match = TRACEPARENT.exec(text.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & KNOWN_FLAGS, isRemote: true };
}

/** Undefined for a context that is none, such as that of telemetry that is off. */
export function formatTraceparent({
  traceId,
  spanId,
  traceFlags,
}: Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>): string | undefined {
  const flags = (traceFlags & KNOWN_FLAGS).toString(16).padStart(2, '0');
  const text = `00-${traceId}-${spanId}-${flags}`;
  return parseTraceparent(text) === undefined ? undefined : text;
}
