/**
 * Prometheus' protobuf exposition: delimited `io.prometheus.client.MetricFamily` messages, histograms with their
 * classic and their native buckets.
 * https://github.com/prometheus/client_model/blob/v0.6.1/io/prometheus/client/metrics.proto
 */
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { type Exemplar, exemplarLabels } from '../metrics/exemplar.js';
import type { ExponentialBuckets } from '../metrics/exponential-buckets.js';
import type { ExponentialPoint, HistogramPoint, MetricChunk, NumberPoint } from '../metrics/metric-model.js';
import { isCounter, labelText, legacyName, sampleName, unitInName } from '../metrics/prometheus-names.js';
import { ProtobufWriter } from './protobuf-writer.js';

const FAMILY = { name: 1, help: 2, type: 3, metric: 4, unit: 5 } as const;
const TYPE = { counter: 0, gauge: 1, histogram: 4 } as const;
const METRIC = { label: 1, gauge: 2, counter: 3, histogram: 7 } as const;
const LABEL = { name: 1, value: 2 } as const;
const VALUE = { value: 1, exemplar: 2 } as const;
const HISTOGRAM = {
  sampleCount: 1,
  sampleSum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  negativeSpan: 9,
  negativeDelta: 10,
  positiveSpan: 12,
  positiveDelta: 13,
} as const;
const BUCKET = { cumulativeCount: 1, upperBound: 2, exemplar: 3 } as const;
const SPAN = { offset: 1, length: 2 } as const;
const EXEMPLAR = { label: 1, value: 2, timestamp: 3 } as const;
const TIMESTAMP = { seconds: 1, nanos: 2 } as const;

/** The finest and the coarsest that Prometheus takes. */
const MAX_SCHEMA = 8;
const MIN_SCHEMA = -4;
/** Stands for "zero alone" where no threshold is known; a histogram needs one to count as native. */
const TINY = 2 ** -128;
/** Empty buckets up to so many are written out: a span of its own takes more room. */
const MAX_GAP = 2;

/** Chunks of one metric after another, to one message each. */
export class MetricFamilies {
  readonly #messages: Buffer[] = [];
  #family: ProtobufWriter | undefined;

  addTargetInfo(attributes: Readonly<Record<string, unknown>>): void {
    this.#begin('target_info', 'Target metadata', TYPE.gauge);
    this.#family?.message(FAMILY.metric, (metric) => {
      writeLabels(metric, attributes);
      metric.message(METRIC.gauge, (gauge) => gauge.double(VALUE.value, 1));
    });
  }

  add({ metric, isFirst }: MetricChunk): void {
    if (isFirst) {
      const name = sampleName(metric);
      this.#begin(name, metric.descriptor.description, typeOf(metric));
      const unit = unitInName(name, metric.descriptor.unit);
      if (unit !== undefined) this.#family?.string(FAMILY.unit, unit);
    }
    for (const point of metric.dataPoints) {
      this.#family?.message(FAMILY.metric, (message) => writePoint(message, metric, point as NumberPoint));
    }
  }

  /** Everything added. */
  finish(): Buffer {
    this.#end();
    return Buffer.concat(this.#messages);
  }

  #begin(name: string, help: string, type: number): void {
    this.#end();
    this.#family = new ProtobufWriter().string(FAMILY.name, name);
    if (help !== '') this.#family.string(FAMILY.help, help);
    this.#family.uint(FAMILY.type, type);
  }

  #end(): void {
    const message = this.#family?.finish();
    if (message === undefined) return;
    this.#messages.push(new ProtobufWriter().varint(message.length).finish(), message);
    this.#family = undefined;
  }
}

function typeOf(metric: MetricData): number {
  if (isCounter(metric)) return TYPE.counter;
  const isHistogram =
    metric.dataPointType === DataPointType.HISTOGRAM ||
    metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM;
  return isHistogram ? TYPE.histogram : TYPE.gauge;
}

function writePoint(
  message: ProtobufWriter,
  metric: MetricData,
  point: NumberPoint | HistogramPoint | ExponentialPoint,
): void {
  writeLabels(message, point.attributes);
  if (metric.dataPointType === DataPointType.HISTOGRAM) {
    const { value, exponential, exemplars } = point as HistogramPoint;
    message.message(METRIC.histogram, (histogram) => {
      histogram.uint(HISTOGRAM.sampleCount, value.count).double(HISTOGRAM.sampleSum, value.sum ?? 0);
      writeClassicBuckets(histogram, value.buckets, exemplars);
      if (exponential !== undefined) writeNativeBuckets(histogram, exponential);
    });
  } else if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
    const { value } = point as ExponentialPoint;
    message.message(METRIC.histogram, (histogram) => {
      histogram.uint(HISTOGRAM.sampleCount, value.count).double(HISTOGRAM.sampleSum, value.sum ?? 0);
      writeNativeBuckets(histogram, value);
    });
  } else {
    const { value, exemplars } = point as NumberPoint;
    message.message(isCounter(metric) ? METRIC.counter : METRIC.gauge, (inner) => {
      inner.double(VALUE.value, value);
      if (isCounter(metric)) writeExemplar(inner, VALUE.exemplar, exemplars?.get(0));
    });
  }
}

function writeLabels(message: ProtobufWriter, attributes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    message.message(METRIC.label, (label) =>
      label.string(LABEL.name, legacyName(name)).string(LABEL.value, labelText(value)),
    );
  }
}

function writeClassicBuckets(
  histogram: ProtobufWriter,
  { boundaries, counts }: HistogramPoint['value']['buckets'],
  exemplars: HistogramPoint['exemplars'],
): void {
  let cumulative = 0;
  for (const [index, count] of counts.entries()) {
    cumulative += count;
    const bound = boundaries[index] ?? Number.POSITIVE_INFINITY;
    histogram.message(HISTOGRAM.bucket, (bucket) => {
      bucket.uint(BUCKET.cumulativeCount, cumulative).double(BUCKET.upperBound, bound);
      writeExemplar(bucket, BUCKET.exemplar, exemplars?.get(index));
    });
    if (bound === Number.POSITIVE_INFINITY) break;
  }
}

function writeNativeBuckets(
  histogram: ProtobufWriter,
  exponential: ExponentialBuckets | ExponentialPoint['value'],
): void {
  const { scale, zeroCount, zeroThreshold, positive } = exponential;
  const schema = Math.min(scale, MAX_SCHEMA);
  if (schema < MIN_SCHEMA) return;
  histogram
    .sint(HISTOGRAM.schema, schema)
    .double(HISTOGRAM.zeroThreshold, zeroThreshold || TINY)
    .uint(HISTOGRAM.zeroCount, zeroCount);
  const shift = scale - schema;
  if ('negative' in exponential) {
    writeSpans(histogram, HISTOGRAM.negativeSpan, HISTOGRAM.negativeDelta, exponential.negative, shift);
  }
  writeSpans(histogram, HISTOGRAM.positiveSpan, HISTOGRAM.positiveDelta, positive, shift);
}

/** Prometheus counts a bucket by its upper edge, OpenTelemetry by its lower one: one more. */
function writeSpans(
  histogram: ProtobufWriter,
  spanField: number,
  deltaField: number,
  { offset, bucketCounts }: { readonly offset: number; readonly bucketCounts: readonly number[] },
  shift: number,
): void {
  const counts = new Map<number, number>();
  for (const [place, count] of bucketCounts.entries()) {
    const index = Math.floor((offset + place) / 2 ** shift) + 1;
    if (count > 0) counts.set(index, (counts.get(index) ?? 0) + count);
  }
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let end = 0;
  let previous = 0;
  for (const [index, count] of counts) {
    const gap = index - end;
    const span = spans.at(-1);
    if (span === undefined || gap > MAX_GAP) spans.push({ offset: gap, length: 1 });
    else {
      for (let empty = 0; empty < gap; empty++) {
        deltas.push(-previous);
        previous = 0;
      }
      span.length += gap + 1;
    }
    deltas.push(count - previous);
    previous = count;
    end = index + 1;
  }
  for (const span of spans) {
    histogram.message(spanField, (message) =>
      message.sint(SPAN.offset, span.offset).uint(SPAN.length, span.length),
    );
  }
  if (deltas.length > 0) histogram.sints(deltaField, deltas);
}

function writeExemplar(message: ProtobufWriter, field: number, exemplar: Exemplar | undefined): void {
  if (exemplar === undefined) return;
  message.message(field, (inner) => {
    for (const [name, value] of exemplarLabels(exemplar)) {
      inner.message(EXEMPLAR.label, (label) => label.string(LABEL.name, name).string(LABEL.value, value));
    }
    const [seconds, nanos] = exemplar.time;
    inner
      .double(EXEMPLAR.value, exemplar.value)
      .message(EXEMPLAR.timestamp, (time) =>
        time.uint(TIMESTAMP.seconds, seconds).uint(TIMESTAMP.nanos, nanos),
      );
  });
}
