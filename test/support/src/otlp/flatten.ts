import type { Message } from './decode.js';
import type { OtlpAttributes, OtlpValue, ReceivedPoint, ReceivedSpan } from './records.js';

export function flattenSpans(request: Message): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  for (const { resource, scopeSpans } of list(request.resourceSpans)) {
    const resourceAttributes = attributes(resource?.attributes);
    for (const group of list(scopeSpans))
      for (const span of list(group.spans))
        spans.push({
          traceId: id(span.traceId, 32),
          spanId: id(span.spanId, 16),
          parentSpanId: span.parentSpanId ? id(span.parentSpanId, 16) : '',
          traceState: span.traceState ?? '',
          flags: span.flags ?? 0,
          name: text(span.name),
          kind: span.kind ?? 0,
          startUnixNano: integer(span.startTimeUnixNano),
          endUnixNano: integer(span.endTimeUnixNano),
          attributes: attributes(span.attributes),
          droppedAttributesCount: span.droppedAttributesCount ?? 0,
          events: list(span.events).map((event) => ({
            name: text(event.name),
            timeUnixNano: integer(event.timeUnixNano),
            attributes: attributes(event.attributes),
          })),
          links: list(span.links).map((link) => ({
            traceId: id(link.traceId, 32),
            spanId: id(link.spanId, 16),
          })),
          status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
          resource: resourceAttributes,
          scope: scope(group.scope),
        });
  }
  return spans;
}

export function flattenPoints(request: Message): ReceivedPoint[] {
  const points: ReceivedPoint[] = [];
  for (const { resource, scopeMetrics } of list(request.resourceMetrics)) {
    const resourceAttributes = attributes(resource?.attributes);
    for (const group of list(scopeMetrics))
      for (const metric of list(group.metrics)) {
        const data = metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram;
        if (!data) throw new Error(`metric ${metric.name} carries no known kind of data`);
        for (const point of list(data.dataPoints))
          points.push({
            metric: text(metric.name),
            unit: metric.unit ?? '',
            attributes: attributes(point.attributes),
            startUnixNano: integer(point.startTimeUnixNano ?? '0'),
            timeUnixNano: integer(point.timeUnixNano),
            exemplars: list(point.exemplars).map(exemplar),
            resource: resourceAttributes,
            scope: scope(group.scope),
            ...pointData(metric, data, point),
          } as ReceivedPoint);
      }
  }
  return points;
}

function pointData(metric: Message, data: Message, point: Message) {
  const temporality = data.aggregationTemporality ?? 0;
  if (metric.gauge) return { type: 'gauge', value: numberValue(point) };
  if (metric.sum)
    return { type: 'sum', value: numberValue(point), monotonic: data.isMonotonic ?? false, temporality };
  const common = { count: Number(integer(point.count ?? '0')), sum: point.sum ?? 0, temporality };
  if (metric.histogram)
    return {
      type: 'histogram',
      ...common,
      bounds: list(point.explicitBounds),
      bucketCounts: list(point.bucketCounts).map((count) => Number(integer(count))),
    };
  return {
    type: 'exponential_histogram',
    ...common,
    scale: point.scale ?? 0,
    zeroCount: Number(integer(point.zeroCount ?? '0')),
    zeroThreshold: point.zeroThreshold ?? 0,
    positive: {
      offset: point.positive?.offset ?? 0,
      bucketCounts: list(point.positive?.bucketCounts).map((count) => Number(integer(count))),
    },
  };
}

function exemplar(value: Message) {
  return {
    traceId: id(value.traceId, 32),
    spanId: id(value.spanId, 16),
    value: numberValue(value),
    timeUnixNano: integer(value.timeUnixNano),
  };
}

function numberValue(point: Message): number {
  return point.asInt !== undefined ? Number(integer(point.asInt)) : (point.asDouble ?? 0);
}

function scope(value: Message) {
  return { name: value?.name ?? '', version: value?.version ?? '' };
}

function attributes(pairs: Message): OtlpAttributes {
  const result: Record<string, OtlpValue> = {};
  for (const { key, value } of list(pairs)) {
    if (Object.hasOwn(result, key)) throw new Error(`attribute ${key} is given twice`);
    result[key] = anyValue(value ?? {});
  }
  return result;
}

function anyValue(value: Message): OtlpValue {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return value.bytesValue;
  if (value.arrayValue !== undefined) return list(value.arrayValue.values).map(anyValue);
  if (value.kvlistValue !== undefined) return attributes(value.kvlistValue.values) as OtlpValue;
  if (value.intValue === undefined) return null;
  const exact = integer(value.intValue);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

function id(value: Message, digits: number): string {
  if (
    typeof value !== 'string' ||
    value.length !== digits ||
    !/^[0-9a-f]+$/i.test(value) ||
    /^0+$/.test(value)
  )
    throw new Error(`${JSON.stringify(value)} is not an id of ${digits} hex digits`);
  return value.toLowerCase();
}

/** Accepts a JSON number only while it is exact: the mapping allows both, a rounded nanosecond is a bug. */
function integer(value: Message): bigint {
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new Error(`${JSON.stringify(value)} is not an exact 64-bit integer`);
}

function text(value: Message): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${JSON.stringify(value)} is not a name`);
  return value;
}

function list(value: Message): Message[] {
  return value ?? [];
}
