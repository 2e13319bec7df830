/** Names as Prometheus has them; the same that `@opentelemetry/exporter-prometheus` makes of them. */
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

const TOTAL = '_total';

/** For metrics and for labels: what is no letter, digit or underscore becomes one; several in a row too. */
export function legacyName(name: string): string {
  return name.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_');
}

/** Of the metric's samples, `_total` of a counter included. */
export function sampleName(metric: MetricData): string {
  const name = legacyName(metric.descriptor.name).replace(/^(?=\d)/, '_');
  return isCounter(metric) && !name.endsWith(TOTAL) ? name + TOTAL : name;
}

/** Of the metric's family in OpenMetrics, where a counter's has no `_total`. */
export function familyName(metric: MetricData): string {
  const name = sampleName(metric);
  return isCounter(metric) ? name.slice(0, -TOTAL.length) : name;
}

export function isCounter(metric: MetricData): boolean {
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
}

/** A label's value; what is no text is written as JSON. */
export function labelText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : (JSON.stringify(value) ?? '');
}

const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  '1': 'ratio',
  '%': 'percent',
};

/** In the one form that OpenMetrics allows, as the end of the family's name; undefined where that has none. */
export function unitInName(family: string, unit: string): string | undefined {
  return [UNIT_WORDS[unit], unit].find(
    (word) => word !== undefined && word !== '' && family.endsWith(`_${word}`),
  );
}
