/**
 * OpenMetrics 1.0 text.
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 *
 * The samples are those of the 0.0.4 text, name for name and label for label, but for `le`, which has the canonical
 * form of a float here (`1.0`). Without timestamps, as in 0.0.4: the scraper knows when it asked. Without `_created`:
 * Prometheus takes it for one more series. Exemplars where the format has a place for them, on buckets and counters,
 * with the timestamps that they need to be ordered.
 */
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { type Exemplar, exemplarLabels, MAX_LABEL_SET_CHARACTERS } from '../metrics/exemplar.js';
import type { HistogramPoint, MetricChunk, NumberPoint } from '../metrics/metric-model.js';
import {
  familyName,
  isCounter,
  labelText,
  legacyName,
  sampleName,
  unitInName,
} from '../metrics/prometheus-names.js';

export const END = '# EOF\n';

/** The resource, as the information about the target. */
export function targetInfo(attributes: Readonly<Record<string, unknown>>): string {
  return `# TYPE target info\n# HELP target Target metadata\ntarget_info${labelSet(attributes)} 1\n`;
}

/** Exponential histograms have no place in the format and are left out. */
export function metricText({ metric, isFirst }: MetricChunk): string {
  const samples = metricSamples(metric);
  return isFirst && samples !== '' ? metadata(metric) + samples : samples;
}

function metadata(metric: MetricData): string {
  const family = familyName(metric);
  const { unit, description } = metric.descriptor;
  const unitWord = unitInName(family, unit);
  return [
    `# TYPE ${family} ${typeOf(metric)}\n`,
    unitWord === undefined ? '' : `# UNIT ${family} ${unitWord}\n`,
    description === '' ? '' : `# HELP ${family} ${escaped(description)}\n`,
  ].join('');
}

function typeOf(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram';
  return isCounter(metric) ? 'counter' : 'gauge';
}

function metricSamples(metric: MetricData): string {
  const name = sampleName(metric);
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map((point) => histogramSamples(name, point)).join('');
    case DataPointType.SUM:
    case DataPointType.GAUGE: {
      const takesExemplar = isCounter(metric);
      return metric.dataPoints
        .map(({ attributes, value, exemplars }: NumberPoint) => {
          const exemplar = takesExemplar ? exemplars?.get(0) : undefined;
          return `${name}${labelSet(attributes)} ${numberText(value)}${exemplarText(exemplar)}\n`;
        })
        .join('');
    }
    default:
      return '';
  }
}

function histogramSamples(name: string, { attributes, value, exemplars }: HistogramPoint): string {
  const { boundaries, counts } = value.buckets;
  const labels = labelPairs(attributes);
  const separator = labels === '' ? '' : ',';
  let text = '';
  let cumulative = 0;
  for (const [bucket, count] of counts.entries()) {
    cumulative += count;
    const bound = boundaries[bucket] ?? Number.POSITIVE_INFINITY;
    const le = `{${labels}${separator}le="${canonicalNumber(bound)}"}`;
    text += `${name}_bucket${le} ${numberText(cumulative)}${exemplarText(exemplars?.get(bucket))}\n`;
    if (bound === Number.POSITIVE_INFINITY) break;
  }
  const set = labels === '' ? '' : `{${labels}}`;
  text += `${name}_count${set} ${numberText(value.count)}\n`;
  // The format wants none where there are negative observations, whose sum may fall.
  const hasSum = value.sum !== undefined && !(boundaries[0] < 0);
  return hasSum ? `${text}${name}_sum${set} ${numberText(value.sum as number)}\n` : text;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const labels = exemplarLabels(exemplar);
  let characters = 0;
  for (const [name, value] of labels) characters += name.length + value.length;
  if (characters > MAX_LABEL_SET_CHARACTERS) return '';
  const set = labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
  const [seconds, nanos] = exemplar.time;
  return ` # {${set}} ${numberText(exemplar.value)} ${seconds}.${String(nanos).padStart(9, '0')}`;
}

function labelSet(attributes: Readonly<Record<string, unknown>>): string {
  const pairs = labelPairs(attributes);
  return pairs === '' ? '' : `{${pairs}}`;
}

function labelPairs(attributes: Readonly<Record<string, unknown>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${legacyName(name)}="${escaped(labelText(value))}"`)
    .join(',');
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** As the format's canonical numbers are written, which is how Go prints a float. */
function canonicalNumber(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  const size = Math.abs(bound);
  if (size >= 1e6 || (size < 1e-4 && size > 0)) {
    return bound.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
