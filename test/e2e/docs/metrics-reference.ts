/** The tables of docs/metrics.md, from the metric catalogue. */
import { BUCKET_FAMILIES, METRICS, type MetricDefinition } from '@tickscope/core/internal';
import { table } from './markdown.js';

export function metricsTable(source: MetricDefinition['source']): string {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  return table(
    ['name', 'type', 'unit', 'labels', 'what it counts or measures'],
    metrics
      .filter((metric) => metric.source === source)
      .map((metric) => [
        `\`${metric.name}\``,
        metric.family === undefined ? metric.type : `${metric.type}, buckets \`${metric.family}\``,
        `\`${metric.unit}\``,
        labelsText(metric),
        metric.otelName === undefined ? metric.help : `${metric.help} (OTLP: \`${metric.otelName}\`)`,
      ]),
  );
}

function labelsText({ labels, optionalLabels = [] }: MetricDefinition): string {
  const always = labels.map((label) => `\`${label.replaceAll('.', '_')}\``);
  const onRequest = optionalLabels.map((label) => `(\`${label}\`)`);
  return [...always, ...onRequest].join(', ') || '–';
}

export function bucketsTable(): string {
  return table(
    ['family', 'cells', 'cover', 'bucket bounds (`le`), ms'],
    Object.values(BUCKET_FAMILIES).map(({ name, cellBits, minExponent, maxExponent, boundsMillis }) => [
      `\`${name}\``,
      String((maxExponent - minExponent) << cellBits),
      `2^${minExponent} to 2^${maxExponent} ms`,
      boundsMillis.join(', '),
    ]),
  );
}
