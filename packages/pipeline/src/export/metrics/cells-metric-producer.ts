/**
 * From series read out of shared memory to OpenTelemetry's metric data: the one model behind `/metrics` and
 * OTLP metrics.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricDescriptor,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { bucketCounts, METRICS, type MetricDefinition, type SeriesSnapshot } from '@tickscope/core/internal';

type HistogramSeries = Extract<SeriesSnapshot, { type: 'histogram' }>;
type ValueSeries = Exclude<SeriesSnapshot, { type: 'histogram' }>;

export interface CellsMetricProducerOptions {
  /** Read at every collection; its arrays are not kept. */
  readonly read: () => readonly SeriesSnapshot[];
  /** Wall clock at which the counts began, Unix nanoseconds: the start time of every cumulative point. */
  readonly startUnixNanos: bigint;
  /** Added to every series; a series' own label of the same name wins. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /** Current wall clock, Unix nanoseconds. */
  readonly nowUnixNanos?: () => bigint;
  /** Default: the catalogue. A series whose metric is not in it has no help and no unit. */
  readonly definitions?: readonly MetricDefinition[];
}

const SCOPE = { name: '@tickscope/pipeline' };

/**
 * Metrics come in the order of the definitions, unknown ones after them; the series of a metric in the order
 * in which they were read.
 */
export class CellsMetricProducer implements MetricProducer {
  readonly #read: () => readonly SeriesSnapshot[];
  readonly #startTime: HrTime;
  readonly #constantLabels: Readonly<Record<string, string>>;
  readonly #nowUnixNanos: () => bigint;
  readonly #definitions: ReadonlyMap<string, MetricDefinition>;

  constructor(options: CellsMetricProducerOptions) {
    this.#read = options.read;
    this.#startTime = hrTime(options.startUnixNanos);
    this.#constantLabels = options.constantLabels ?? {};
    this.#nowUnixNanos = options.nowUnixNanos ?? (() => BigInt(Date.now()) * 1_000_000n);
    const definitions: readonly MetricDefinition[] = options.definitions ?? Object.values(METRICS);
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  /** Never rejects: a reader that throws gives no metrics and one error. */
  async collect(): Promise<CollectionResult> {
    const errors: unknown[] = [];
    let metrics: MetricData[] = [];
    try {
      metrics = this.#metrics(this.#read());
    } catch (error) {
      errors.push(error);
    }
    // The reader replaces this resource by its provider's.
    const resource = resourceFromAttributes({});
    return { resourceMetrics: { resource, scopeMetrics: [{ scope: SCOPE, metrics }] }, errors };
  }

  #metrics(series: readonly SeriesSnapshot[]): MetricData[] {
    const endTime = hrTime(this.#nowUnixNanos());
    const byMetric = new Map<string, SeriesSnapshot[]>();
    for (const name of this.#definitions.keys()) byMetric.set(name, []);
    for (const one of series) {
      const same = byMetric.get(one.metric);
      if (same === undefined) byMetric.set(one.metric, [one]);
      else same.push(one);
    }
    const metrics: MetricData[] = [];
    for (const [name, same] of byMetric) {
      if (same.length > 0) metrics.push(this.#metric(name, same, endTime));
    }
    return metrics;
  }

  #metric(name: string, series: readonly SeriesSnapshot[], endTime: HrTime): MetricData {
    const definition = this.#definitions.get(name);
    const descriptor: MetricDescriptor = {
      name: definition?.otelName ?? name,
      description: definition?.help ?? '',
      unit: definition?.unit ?? '',
      valueType: ValueType.DOUBLE,
    };
    const base = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
    const point = <T>(one: SeriesSnapshot, value: T): DataPoint<T> => ({
      startTime: this.#startTime,
      endTime,
      attributes: this.#attributes(one.labels),
      value,
    });
    const { type } = series[0];
    if (type === 'histogram') {
      const dataPoints = series.filter(isHistogram).map((one) => point(one, histogramValue(one)));
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
    const dataPoints = series.filter(isValue).map((one) => point(one, one.value));
    if (type === 'counter') {
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    }
    if (definition?.additive) {
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: false, dataPoints };
    }
    return { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
  }

  #attributes(labels: Readonly<Record<string, string>>): Record<string, string> {
    const attributes = { ...labels };
    for (const [key, value] of Object.entries(this.#constantLabels)) attributes[key] ??= value;
    return attributes;
  }
}

/** The count is the sum of the cells that were read, so that it and the buckets agree whatever was written meanwhile. */
function histogramValue(series: HistogramSeries): Histogram {
  const { family, cells, sum, max } = series;
  const counts = bucketCounts(family, cells);
  let count = 0;
  for (const bucket of counts) count += bucket;
  const value: Histogram = { buckets: { boundaries: [...family.boundsMillis], counts }, sum, count };
  if (count > 0) value.max = max;
  return value;
}

function isHistogram(series: SeriesSnapshot): series is HistogramSeries {
  return series.type === 'histogram';
}

function isValue(series: SeriesSnapshot): series is ValueSeries {
  return series.type !== 'histogram';
}

function hrTime(unixNanos: bigint): HrTime {
  return [Number(unixNanos / 1_000_000_000n), Number(unixNanos % 1_000_000_000n)];
}
