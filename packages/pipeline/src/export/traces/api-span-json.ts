/**
 * Spans of OpenTelemetry's API as OTLP's JSON, with everything that they may have. By way of objects, as the stock
 * serialiser makes them, member for member in the same order: they are few beside those of ticks.
 */
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

const HAS_IS_REMOTE_FLAG = 0x100;
const IS_REMOTE_FLAG = 0x200;

/** ASCII: other characters are escaped. */
export function apiSpanJson(span: ReadableSpan): string {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  const { status } = span;
  return json({
    traceId,
    spanId,
    parentSpanId: parent?.spanId,
    traceState: traceState?.serialize(),
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanos(span.startTime),
    endTimeUnixNano: nanos(span.endTime),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ name, time, attributes, droppedAttributesCount }) => ({
      attributes: keyValues(attributes ?? {}),
      name,
      timeUnixNano: nanos(time),
      droppedAttributesCount: droppedAttributesCount ?? 0,
    })),
    droppedEventsCount: span.droppedEventsCount,
    status: { code: status.code, message: status.message },
    links: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      attributes: keyValues(attributes ?? {}),
      spanId: context.spanId,
      traceId: context.traceId,
      traceState: context.traceState?.serialize(),
      droppedAttributesCount: droppedAttributesCount ?? 0,
      flags: flagsOf(context.traceFlags, context.isRemote),
    })),
    droppedLinksCount: span.droppedLinksCount,
    flags: flagsOf(traceFlags, parent?.isRemote),
  });
}

/** As JSON, in ASCII. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE_FLAG | (isRemote === true ? IS_REMOTE_FLAG : 0);
}

function nanos([seconds, rest]: HrTime): string {
  return seconds === 0 ? String(rest) : `${seconds}${String(rest).padStart(9, '0')}`;
}

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
    default:
      if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
      if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
      return value === null || value === undefined
        ? {}
        : { kvlistValue: { values: keyValues(value as Attributes) } };
  }
}
