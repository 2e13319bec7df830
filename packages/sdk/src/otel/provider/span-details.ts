/** Events, links and exceptions as they are recorded: plain copies within the limits. Nothing here throws. */
import {
  AttributeList,
  cut,
  MAX_NAME_UNITS,
  type SpanEventData,
  type SpanLinkData,
  type SpanTime,
} from '@tickscope/core/internal';
import type { SpanRecorder } from './span-recorder.js';

/** A name of any kind as text; what cannot be one is counted and empty. */
export function nameOf({ losses }: SpanRecorder, name: unknown): string {
  if (typeof name === 'string')
    return name.length > MAX_NAME_UNITS ? cut(name, MAX_NAME_UNITS, losses) : name;
  losses.ignored();
  try {
    return cut(String(name), MAX_NAME_UNITS, losses);
  } catch {
    return '';
  }
}

function attributeList(
  { limits, losses }: SpanRecorder,
  attributes: unknown,
  maxCount: number,
): AttributeList | undefined {
  if (attributes === undefined || attributes === null) return undefined;
  const list = new AttributeList();
  list.setAll(attributes, maxCount, limits.attributeValueLength, losses);
  return list;
}

export function eventOf(
  spans: SpanRecorder,
  name: unknown,
  time: SpanTime,
  attributes: unknown,
): SpanEventData {
  return {
    name: nameOf(spans, name),
    time,
    attributes: attributeList(spans, attributes, spans.limits.attributesPerEvent),
  };
}

/** Undefined, counted, for what is no link to a span: its ids would have a backend refuse the batch. */
export function linkOf(spans: SpanRecorder, link: unknown): SpanLinkData | undefined {
  try {
    const { context, attributes } = link as { context: Record<string, unknown>; attributes: unknown };
    const { traceId, spanId, traceFlags, isRemote, traceState } = context;
    if (isId(traceId, 32) && isId(spanId, 16)) {
      return {
        traceId,
        spanId,
        traceFlags: Number.isInteger(traceFlags) ? (traceFlags as number) & 0xff : 0,
        isRemote: isRemote === true,
        traceState: traceStateText(traceState),
        attributes: attributeList(spans, attributes, spans.limits.attributesPerLink),
      };
    }
  } catch {
    // Counted below.
  }
  spans.losses.ignored();
  return undefined;
}

/** The attributes of an event `exception`, as OpenTelemetry JS has them; undefined when there is nothing to say. */
export function exceptionAttributes(exception: unknown): Record<string, unknown> | undefined {
  try {
    if (typeof exception === 'string') {
      return exception === '' ? undefined : { 'exception.message': exception };
    }
    const { code, name, message, stack } = exception as Record<string, unknown>;
    const type = code ? String(code) : name;
    if (!type && !message) return undefined;
    const attributes: Record<string, unknown> = {};
    if (type) attributes['exception.type'] = type;
    if (message) attributes['exception.message'] = message;
    if (stack) attributes['exception.stacktrace'] = stack;
    return attributes;
  } catch {
    return undefined;
  }
}

/** W3C allows 512 characters, and vendors more. */
const MAX_TRACE_STATE_LENGTH = 1_024;

function traceStateText(traceState: unknown): string {
  if (traceState === undefined || traceState === null) return '';
  const text: unknown = (traceState as { serialize(): unknown }).serialize();
  return typeof text === 'string' && text.length <= MAX_TRACE_STATE_LENGTH ? text : '';
}

function isId(id: unknown, digits: number): id is string {
  return typeof id === 'string' && id.length === digits && /^[0-9a-f]*[1-9a-f][0-9a-f]*$/.test(id);
}
