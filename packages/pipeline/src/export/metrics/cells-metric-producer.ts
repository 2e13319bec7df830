/**
 * From series read out of shared memory to OpenTelemetry's metric data: the one model behind `/metrics` and
 * OTLP metrics.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricDescriptor,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import {
  bucketCounts,
  METRICS,
  type MetricDefinition,
  type SeriesSnapshot,
  seriesKeyOf,
} from '@tickscope/core/internal';
import type { Exemplar } from './exemplar.js';
import { exponentialBuckets } from './exponential-buckets.js';
import { Interruptions } from './interruptions.js';
import type {
  ExponentialPoint,
  HistogramForm,
  HistogramPoint,
  MetricChunk,
  NumberPoint,
} from './metric-model.js';

type HistogramSeries = Extract<SeriesSnapshot, { type: 'histogram' }>;
type ValueSeries = Exclude<SeriesSnapshot, { type: 'histogram' }>;

/** A series that is read when it is its turn: thousands take their time. */
interface DeferredSeries {
  readonly metric: string;
  readonly read: () => SeriesSnapshot;
}

export type ReadableSeries = SeriesSnapshot | DeferredSeries;

export interface CellsMetricProducerOptions {
  /** Read at every collection; its arrays are not kept. */
  readonly read: () => readonly ReadableSeries[];
  /** Exemplars of the series with this key. Default: there are none. */
  readonly exemplarsOf?: (seriesKey: string) => ReadonlyMap<number, Exemplar> | undefined;
  /** How `collect()` gives histograms. Default `explicit`. */
  readonly collectedForm?: Exclude<HistogramForm, 'both'>;
  /** Wall clock at which the counts began, Unix nanoseconds: the start time of every cumulative point. */
  readonly startUnixNanos: bigint;
  /** Added to every series; a series' own label of the same name wins. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /** Current wall clock, Unix nanoseconds. */
  readonly nowUnixNanos?: () => bigint;
  /** Default: the catalogue. A series whose metric is not in it has no help and no unit. */
  readonly definitions?: readonly MetricDefinition[];
}

export const SCOPE = { name: '@tickscope/pipeline' };

/** As many histograms take some 2 ms to read and render. */
const CHUNK_POINTS = 32;

/**
 * Metrics come in the order of the definitions, unknown ones after them; the series of a metric in the order
 * in which they were read.
 */
export class CellsMetricProducer implements MetricProducer {
  readonly #read: () => readonly ReadableSeries[];
  readonly #exemplarsOf: (seriesKey: string) => ReadonlyMap<number, Exemplar> | undefined;
  readonly #collectedForm: HistogramForm;
  readonly #startTime: HrTime;
  readonly #constantLabels: Readonly<Record<string, string>>;
  readonly #nowUnixNanos: () => bigint;
  readonly #definitions: ReadonlyMap<string, MetricDefinition>;

  constructor(options: CellsMetricProducerOptions) {
    this.#read = options.read;
    this.#exemplarsOf = options.exemplarsOf ?? (() => undefined);
    this.#collectedForm = options.collectedForm ?? 'explicit';
    this.#startTime = hrTime(options.startUnixNanos);
    this.#constantLabels = options.constantLabels ?? {};
    this.#nowUnixNanos = options.nowUnixNanos ?? (() => BigInt(Date.now()) * 1_000_000n);
    const definitions: readonly MetricDefinition[] = options.definitions ?? Object.values(METRICS);
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  /**
   * Never rejects: a reader that throws gives no metrics and one error. Lets others have a turn in between, so that
   * the series are of moments some milliseconds apart.
   */
  async collect(): Promise<CollectionResult> {
    const errors: unknown[] = [];
    const metrics: MetricData[] = [];
    try {
      const interruptions = new Interruptions();
      for (const { metric, isFirst } of this.chunks(this.#collectedForm)) {
        const known = metrics.at(-1);
        if (isFirst || known === undefined) metrics.push(metric);
        else (known.dataPoints as unknown[]).push(...metric.dataPoints);
        await interruptions.mayInterrupt();
      }
    } catch (error) {
      metrics.length = 0;
      errors.push(error);
    }
    // The reader replaces this resource by its provider's.
    const resource = resourceFromAttributes({});
    return { resourceMetrics: { resource, scopeMetrics: [{ scope: SCOPE, metrics }] }, errors };
  }

  /** All metrics, each in one or several pieces of bounded size; a piece is read when it is asked for. */
  *chunks(form: HistogramForm): Generator<MetricChunk> {
    const byMetric = new Map<string, ReadableSeries[]>();
    for (const name of this.#definitions.keys()) byMetric.set(name, []);
    for (const one of this.#read()) {
      const same = byMetric.get(one.metric);
      if (same === undefined) byMetric.set(one.metric, [one]);
      else same.push(one);
    }
    for (const [name, same] of byMetric) {
      for (let from = 0; from < same.length; from += CHUNK_POINTS) {
        const series = same.slice(from, from + CHUNK_POINTS).map((one) => ('read' in one ? one.read() : one));
        yield { metric: this.#metric(name, series, form), isFirst: from === 0 };
      }
    }
  }

  #metric(name: string, series: readonly SeriesSnapshot[], form: HistogramForm): MetricData {
    const endTime = hrTime(this.#nowUnixNanos());
    const definition = this.#definitions.get(name);
    const descriptor: MetricDescriptor = {
      name: definition?.otelName ?? name,
      description: definition?.help ?? '',
      unit: definition?.unit ?? '',
      valueType: ValueType.DOUBLE,
    };
    const base = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
    const point = (one: SeriesSnapshot) => {
      const exemplars = this.#exemplarsOf(seriesKeyOf(one.metric, ...Object.entries(one.labels)));
      const attributes = this.#attributes(one.labels);
      return { startTime: this.#startTime, endTime, attributes, ...(exemplars && { exemplars }) };
    };
    const { type } = series[0];
    if (type === 'histogram') {
      const histograms = series.filter(isHistogram);
      if (form === 'exponential') {
        const dataPoints = histograms.map((one) => ({ ...point(one), value: exponentialValue(one) }));
        return { ...base, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints };
      }
      const dataPoints = histograms.map((one): HistogramPoint => {
        const exponential = form === 'both' && exponentialBuckets(one.family, one.cells);
        return { ...point(one), value: histogramValue(one), ...(exponential && { exponential }) };
      });
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
    const dataPoints = series
      .filter(isValue)
      .map((one): NumberPoint => ({ ...point(one), value: one.value }));
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

/** Counts agree here too: all come from the same cells. */
function exponentialValue({ family, cells, sum, max }: HistogramSeries): ExponentialPoint['value'] {
  const { scale, zeroCount, zeroThreshold, positive } = exponentialBuckets(family, cells);
  let count = zeroCount;
  for (const bucket of positive.bucketCounts) count += bucket;
  const negative = { offset: 0, bucketCounts: [] };
  return { count, sum, scale, zeroCount, zeroThreshold, positive, negative, ...(count > 0 && { max }) };
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
