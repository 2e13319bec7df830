/**
 * What a bot has recorded through OpenTelemetry's metrics API, made fit to stand beside Tickscope's own. It comes from
 * another thread and another version of the SDK, so nothing of it is trusted; what is left out is counted.
 */
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { METRICS } from '@tickscope/core/internal';
import type { MetricChunk } from './metric-model.js';
import { familyName, labelText, legacyName, sampleName } from './prometheus-names.js';

/** Series by the reason why they are not shown. */
export type LeftOut = Record<'name_conflict' | 'duplicate' | 'too_many' | 'unsupported', number>;

type Point = MetricData['dataPoints'][number];

/** Of all readers together. A point takes some hundred bytes, a histogram's a kilobyte. */
const MAX_POINTS = 20_000;
const CHUNK_POINTS = 64;
/** Names that the samples of a family of a kind have, beside its own. */
const SUFFIXES = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  histogram: ['', '_bucket', '_count', '_sum', '_created'],
} as const;

const OWN_NAMES: ReadonlySet<string> = new Set([
  'target',
  'target_info',
  ...Object.values(METRICS).flatMap(({ name, type }) =>
    SUFFIXES[type].map((suffix) => name.replace(/_total$/, '') + suffix),
  ),
]);

/** Where the bot's figures are gathered. */
export interface ApiMetricSource {
  /** Resolves in bounded time, when the figures are as new as they can be had. */
  refresh(): Promise<void>;
  snapshots(): readonly { readonly takenMillis: number; readonly scopeMetrics: readonly unknown[] }[];
}

export class ApiMetrics implements MetricProducer {
  readonly #source: ApiMetricSource;
  readonly #constantLabels: Readonly<Record<string, string>>;
  #leftOut = noneLeftOut();

  /** @param constantLabels added to every series; a series' own label of the same name wins. */
  constructor(source: ApiMetricSource, constantLabels: Readonly<Record<string, string>> = {}) {
    this.#source = source;
    this.#constantLabels = constantLabels;
  }

  refresh(): Promise<void> {
    return this.#source.refresh();
  }

  /** Undefined where there is nothing to show. */
  get readings(): { readonly ageMillis: number; readonly leftOut: LeftOut } | undefined {
    const taken = this.#source.snapshots().map(({ takenMillis }) => takenMillis);
    if (taken.length === 0) return undefined;
    const now = performance.timeOrigin + performance.now();
    return { ageMillis: Math.max(0, now - Math.min(...taken)), leftOut: this.#leftOut };
  }

  /** For OTLP: scopes, names and attributes as they are. */
  async collect(): Promise<CollectionResult> {
    await this.refresh();
    const leftOut = noneLeftOut();
    const scopeMetrics = this.#scopes(leftOut);
    this.#leftOut = leftOut;
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  }

  /**
   * For Prometheus: names and labels in its alphabet, one family for each name, whatever the scope. A name of
   * Tickscope's own stays Tickscope's.
   * @param isNative whether exponential histograms can be shown; else they come with their count and sum alone.
   */
  *chunks(isNative: boolean): Generator<MetricChunk> {
    const leftOut = noneLeftOut();
    const families = new Map<string, MetricData[]>();
    const taken = new Map<string, string>();
    for (const given of this.#scopes(leftOut).flatMap(({ metrics }) => metrics)) {
      const metric = isNative ? given : withoutNative(given);
      const name = sampleName(metric);
      const family = familyName(metric);
      const names = SUFFIXES[typeOf(metric)].map((suffix) => family + suffix);
      const isTaken = names.some((one) => OWN_NAMES.has(one) || (taken.get(one) ?? family) !== family);
      const known = families.get(family);
      if (isTaken || /^_*$/.test(name) || (known !== undefined && kindOf(known[0]) !== kindOf(metric))) {
        leftOut.name_conflict += metric.dataPoints.length;
        continue;
      }
      for (const one of names) taken.set(one, family);
      if (known === undefined) families.set(family, [metric]);
      else known.push(metric);
    }
    for (const metrics of families.values()) yield* familyChunks(metrics, leftOut);
    this.#leftOut = leftOut;
  }

  /** The metrics of all snapshots by scope, without those that OTLP could not tell apart. */
  #scopes(leftOut: LeftOut): ScopeMetrics[] {
    const scopes = new Map<string, ScopeMetrics>();
    let room = MAX_POINTS;
    for (const given of this.#source.snapshots().flatMap(({ scopeMetrics }) => scopeMetrics)) {
      if (!isScopeMetrics(given)) {
        leftOut.unsupported++;
        continue;
      }
      const { name, version, schemaUrl } = given.scope;
      const key = JSON.stringify([name, version, schemaUrl]);
      let scope = scopes.get(key);
      if (scope === undefined) {
        scope = { scope: given.scope, metrics: [] };
        scopes.set(key, scope);
      }
      for (const metric of given.metrics) {
        if (!isMetric(metric)) {
          leftOut.unsupported += pointCount(metric);
          continue;
        }
        const dataPoints = (metric.dataPoints as Point[])
          .slice(0, room)
          .map((point) => ({ ...point, attributes: { ...this.#constantLabels, ...point.attributes } }));
        leftOut.too_many += metric.dataPoints.length - dataPoints.length;
        room -= dataPoints.length;
        if (dataPoints.length > 0) addMetric(scope.metrics, { ...metric, dataPoints } as MetricData, leftOut);
      }
    }
    return [...scopes.values()];
  }
}

function* familyChunks(metrics: readonly MetricData[], leftOut: LeftOut): Generator<MetricChunk> {
  const [first] = metrics;
  const points = metrics.flatMap(({ dataPoints }) => dataPoints as Point[]);
  const legacy = points.map((point) => ({ ...point, attributes: legacyLabels(point.attributes) }));
  const all = withoutEqual(first, legacy, leftOut);
  for (let from = 0; from < all.length; from += CHUNK_POINTS) {
    const dataPoints = all.slice(from, from + CHUNK_POINTS);
    yield { metric: { ...first, dataPoints } as MetricData, isFirst: from === 0 };
  }
}

/** Joins the points of several threads' instruments of the same name, if they are of the same kind. */
function addMetric(metrics: MetricData[], metric: MetricData, leftOut: LeftOut): void {
  const at = metrics.findIndex(({ descriptor }) => descriptor.name === metric.descriptor.name);
  const known = metrics[at];
  if (known === undefined) {
    metrics.push(metric);
  } else if (kindOf(known) !== kindOf(metric)) {
    leftOut.name_conflict += metric.dataPoints.length;
  } else {
    const points = [...known.dataPoints, ...metric.dataPoints] as Point[];
    metrics[at] = { ...known, dataPoints: withoutEqual(known, points, leftOut) } as MetricData;
  }
}

/** Equal series of several threads add up where that makes sense; else the first one stays. */
function withoutEqual(metric: MetricData, points: readonly Point[], leftOut: LeftOut): Point[] {
  const distinct = new Map<string, Point>();
  for (const point of points) {
    const labels = Object.entries(point.attributes).map(([label, value]) => [label, labelText(value)]);
    const key = JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)));
    const equal = distinct.get(key);
    const sum = equal === undefined ? point : sumOf(metric, equal, point);
    if (sum === undefined) leftOut.duplicate++;
    else distinct.set(key, sum);
  }
  return [...distinct.values()];
}

function kindOf(metric: MetricData): string {
  return `${metric.dataPointType} ${metric.dataPointType === DataPointType.SUM && metric.isMonotonic}`;
}

function noneLeftOut(): LeftOut {
  return { name_conflict: 0, duplicate: 0, too_many: 0, unsupported: 0 };
}

/** Undefined: two that say different things of the same. */
function sumOf(metric: MetricData, a: Point, b: Point): Point | undefined {
  if (metric.dataPointType === DataPointType.SUM) {
    return { ...a, value: (a.value as number) + (b.value as number) } as Point;
  }
  if (metric.dataPointType !== DataPointType.HISTOGRAM) return undefined;
  const [one, other] = [a.value as Histogram, b.value as Histogram];
  if (String(one.buckets.boundaries) !== String(other.buckets.boundaries)) return undefined;
  const counts = one.buckets.counts.map((count, bucket) => count + other.buckets.counts[bucket]);
  const sum = one.sum === undefined || other.sum === undefined ? {} : { sum: one.sum + other.sum };
  const value = { buckets: { ...one.buckets, counts }, count: one.count + other.count, ...sum };
  return { ...a, value } as Point;
}

/** Labels that become one are joined, as OpenTelemetry's specification has it. */
function legacyLabels(attributes: Point['attributes']): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const legacy = legacyName(key).replace(/^(?=\d|$)/, '_');
    // A bucket's own label.
    const name = legacy === 'le' ? 'exported_le' : legacy;
    labels[name] = Object.hasOwn(labels, name) ? `${labels[name]};${labelText(value)}` : labelText(value);
  }
  return labels;
}

function withoutNative(metric: MetricData): MetricData {
  if (metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return metric;
  const dataPoints = metric.dataPoints.map((point) => {
    const { count, sum } = point.value as ExponentialHistogram;
    return { ...point, value: { count, sum, buckets: { boundaries: [], counts: [count] } } };
  });
  return { ...metric, dataPointType: DataPointType.HISTOGRAM, dataPoints } as MetricData;
}

function typeOf(metric: MetricData): keyof typeof SUFFIXES {
  const { dataPointType } = metric;
  if (dataPointType === DataPointType.GAUGE) return 'gauge';
  if (dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'gauge';
  return 'histogram';
}

function isScopeMetrics(value: unknown): value is ScopeMetrics {
  const { scope, metrics } = (value ?? {}) as Partial<ScopeMetrics>;
  return typeof scope?.name === 'string' && Array.isArray(metrics);
}

function isMetric(metric: MetricData): boolean {
  const isCumulative =
    metric?.aggregationTemporality === AggregationTemporality.CUMULATIVE ||
    metric?.dataPointType === DataPointType.GAUGE;
  return (
    isCumulative &&
    typeof metric.descriptor?.name === 'string' &&
    metric.dataPointType in DataPointType &&
    Array.isArray(metric.dataPoints)
  );
}

function pointCount(metric: Partial<MetricData> | undefined): number {
  return Array.isArray(metric?.dataPoints) ? metric.dataPoints.length : 1;
}
