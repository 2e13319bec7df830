/** Prometheus' text format 0.0.4, piece by piece, by OpenTelemetry's own serialiser. */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import { SCOPE } from './cells-metric-producer.js';
import type { MetricChunk } from './metric-model.js';

const NO_METRICS = '# no registered metrics';

export class PrometheusText {
  readonly end = '';
  // Prefix, timestamps, labels from the resource, without target_info, without labels of the scope.
  readonly #target = new PrometheusSerializer(undefined, false, undefined, false, true);
  readonly #metrics = new PrometheusSerializer(undefined, false, undefined, true, true);

  targetInfo(attributes: Readonly<Record<string, unknown>>): string {
    const resource = resourceFromAttributes({ ...attributes } as Record<string, string>);
    return this.#target.serialize({ resource, scopeMetrics: [] }).replace(NO_METRICS, '');
  }

  metricText({ metric, isFirst }: MetricChunk): string {
    const scopeMetrics = [{ scope: SCOPE, metrics: [metric] }];
    const text = this.#metrics.serialize({ resource: emptyResource(), scopeMetrics });
    return isFirst ? text : text.replace(/^(?:#.*\n)+/, '');
  }
}
