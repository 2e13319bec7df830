/**
 * OpenTelemetry's metric data with what its own types leave out. A stock serialiser sees what it knows; ours see the
 * rest too.
 */
import type { DataPoint, ExponentialHistogram, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import type { Exemplar } from './exemplar.js';
import type { ExponentialBuckets } from './exponential-buckets.js';

export interface PointDetails {
  /** By bucket of the explicit bounds, ascending; of a counter at most one. */
  readonly exemplars?: ReadonlyMap<number, Exemplar>;
  /** The same observations in exponential buckets, where they were asked for. */
  readonly exponential?: ExponentialBuckets;
}

export type HistogramPoint = DataPoint<Histogram> & PointDetails;
export type NumberPoint = DataPoint<number> & PointDetails;
export type ExponentialPoint = DataPoint<ExponentialHistogram & { readonly zeroThreshold?: number }> &
  PointDetails;

/** Some points of a metric; those of the same metric follow one another. */
export interface MetricChunk {
  readonly metric: MetricData;
  /** Whether these are the first points of the metric. */
  readonly isFirst: boolean;
}

/** Which buckets histograms come in: `both`, as explicit ones with the exponential ones as a detail. */
export type HistogramForm = 'explicit' | 'exponential' | 'both';
