/**
 * OTLP/JSON of metric data, exemplars included, which the stock serialiser has not.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/metrics/v1/metrics.proto
 *
 * By proto3's JSON mapping: 64-bit integers and what JSON has no number for are texts, enumerations are numbers, ids
 * are hex digits as OTLP has them.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Exemplar } from './exemplar.js';
import { Interruptions } from './interruptions.js';
import type { ExponentialPoint, HistogramPoint, NumberPoint, PointDetails } from './metric-model.js';

/** Points that are encoded in one go. */
const SLICE_POINTS = 64;

/** One `ExportMetricsServiceRequest`. Gives way to others while it is made. */
export async function encodeMetrics({ resource, scopeMetrics }: ResourceMetrics): Promise<Buffer> {
  const interruptions = new Interruptions();
  const scopes: string[] = [];
  for (const { scope, metrics } of scopeMetrics) {
    const texts: string[] = [];
    for (const metric of metrics) {
      const points: string[] = [];
      for (let from = 0; from < metric.dataPoints.length; from += SLICE_POINTS) {
        for (const point of metric.dataPoints.slice(from, from + SLICE_POINTS)) {
          points.push(JSON.stringify(pointOf(metric, point as NumberPoint)));
        }
        await interruptions.mayInterrupt();
      }
      texts.push(metricText(metric, points));
    }
    const about = JSON.stringify({ name: scope.name, version: scope.version });
    const schemaUrl = scope.schemaUrl ? `,"schemaUrl":${JSON.stringify(scope.schemaUrl)}` : '';
    scopes.push(`{"scope":${about},"metrics":[${texts.join(',')}]${schemaUrl}}`);
  }
  const about = JSON.stringify({ attributes: keyValues(resource.attributes) });
  return Buffer.from(`{"resourceMetrics":[{"resource":${about},"scopeMetrics":[${scopes.join(',')}]}]}`);
}

function metricText(metric: MetricData, points: readonly string[]): string {
  const { name, description, unit } = metric.descriptor;
  const head = JSON.stringify({ name, description, unit }).slice(0, -1);
  return `${head},"${kindOf(metric)}":{${aboutKind(metric)}"dataPoints":[${points.join(',')}]}}`;
}

function kindOf({ dataPointType }: MetricData): string {
  switch (dataPointType) {
    case DataPointType.SUM:
      return 'sum';
    case DataPointType.GAUGE:
      return 'gauge';
    case DataPointType.HISTOGRAM:
      return 'histogram';
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return 'exponentialHistogram';
  }
}

function aboutKind(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.GAUGE) return '';
  const temporality = metric.aggregationTemporality === AggregationTemporality.DELTA ? 1 : 2;
  const monotonic = metric.dataPointType === DataPointType.SUM ? `"isMonotonic":${metric.isMonotonic},` : '';
  return `"aggregationTemporality":${temporality},${monotonic}`;
}

function pointOf(metric: MetricData, point: NumberPoint | HistogramPoint | ExponentialPoint): object {
  const common = {
    attributes: keyValues(point.attributes),
    startTimeUnixNano: nanos(point.startTime),
    timeUnixNano: nanos(point.endTime),
    ...exemplarsOf(point),
  };
  if (metric.dataPointType === DataPointType.HISTOGRAM) {
    const { buckets, count, sum, min, max } = (point as HistogramPoint).value;
    const { counts: bucketCounts, boundaries: explicitBounds } = buckets;
    return {
      ...common,
      count,
      sum: number(sum),
      min: number(min),
      max: number(max),
      bucketCounts,
      explicitBounds,
    };
  }
  if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
    const { scale, count, sum, min, max, zeroCount, zeroThreshold, positive, negative } = (
      point as ExponentialPoint
    ).value;
    const figures = { scale, count, sum: number(sum), min: number(min), max: number(max) };
    return { ...common, ...figures, zeroCount, zeroThreshold, positive, negative };
  }
  const { value } = point as NumberPoint;
  const isInteger = metric.descriptor.valueType === ValueType.INT && Number.isSafeInteger(value);
  return isInteger ? { ...common, asInt: String(value) } : { ...common, asDouble: number(value) };
}

function exemplarsOf({ exemplars }: Partial<DataPoint<unknown>> & PointDetails): object {
  if (exemplars === undefined) return {};
  return {
    exemplars: Array.from(exemplars.values(), ({ value, time, traceId, spanId }: Exemplar) => ({
      timeUnixNano: nanos(time),
      asDouble: value,
      spanId,
      traceId,
    })),
  };
}

function number(value: number | undefined): number | string | undefined {
  return value === undefined || Number.isFinite(value) ? value : String(value);
}

function nanos([seconds, rest]: HrTime): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(rest)).toString();
}

function keyValues(attributes: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { stringValue: String(value) };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: number(value) };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (typeof value !== 'object' || value === null) return {};
  return { kvlistValue: { values: keyValues(value as Record<string, unknown>) } };
}
