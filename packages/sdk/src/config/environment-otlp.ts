/** Where the environment wants traces and metrics sent: `OTEL_EXPORTER_OTLP_*` and its per-signal forms. */
import { headers, httpUrl } from './check.js';
import { type EnvironmentReader, origin } from './environment-reader.js';
import { parseKeyValues } from './key-values.js';
import { show } from './show.js';

const FORMS = [
  ['otlp', 'OTEL_EXPORTER_OTLP'],
  ['otlp.traces', 'OTEL_EXPORTER_OTLP_TRACES'],
  ['otlp.metrics', 'OTEL_EXPORTER_OTLP_METRICS'],
] as const;

const HISTOGRAM_AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;

export function readOtlp(reader: EnvironmentReader): void {
  for (const [group, prefix] of FORMS) {
    readEndpoint(reader, group, `${prefix}_ENDPOINT`);
    readHeaders(reader, group, `${prefix}_HEADERS`);
    reader.claim(`${group}.timeoutMs`, `${prefix}_TIMEOUT`, reader.number(`${prefix}_TIMEOUT`));
    const compression = reader.word(`${prefix}_COMPRESSION`, ['none', 'gzip']);
    reader.claim(`${group}.compression`, `${prefix}_COMPRESSION`, compression);
    readProtocol(reader, `${prefix}_PROTOCOL`);
  }
  const interval = reader.number('OTEL_METRIC_EXPORT_INTERVAL');
  reader.claim('otlp.metrics.intervalMs', 'OTEL_METRIC_EXPORT_INTERVAL', interval);
  const aggregation = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const histograms = reader.word(aggregation, HISTOGRAM_AGGREGATIONS);
  if (histograms !== undefined) {
    const form = histograms === 'explicit_bucket_histogram' ? 'explicit' : 'exponential';
    reader.claims.set('otlp.metrics.histograms', form, origin(aggregation));
  }
}

/** `otlp` sends, `prometheus` is served, `none` is neither; unset leaves the choice to the endpoint. */
export function readExporters(reader: EnvironmentReader): void {
  const traces = exporters(reader, 'OTEL_TRACES_EXPORTER', ['otlp']);
  if (traces) reader.claims.set('otlp.traces', traces.includes('otlp'), origin('OTEL_TRACES_EXPORTER'));

  const name = 'OTEL_METRICS_EXPORTER';
  const metrics = exporters(reader, name, ['otlp', 'prometheus']);
  if (metrics) {
    reader.claims.set('otlp.metrics', metrics.includes('otlp'), origin(name));
    reader.claims.set('prometheus', metrics.includes('prometheus'), origin(name));
  } else if (reader.claims.get('otlp.metrics.endpoint')) {
    // Nobody names an endpoint for metrics alone without wanting them there.
    reader.claims.set('otlp.metrics', true, origin('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'));
  }
}

function readEndpoint(reader: EnvironmentReader, group: (typeof FORMS)[number][0], name: string): void {
  const endpoint = reader.text(name);
  if (endpoint === undefined) return;
  const checked = httpUrl(endpoint);
  if (!checked.ok) {
    reader.ignore(name, checked.expected, checked.actual);
    return;
  }
  reader.claims.set(`${group}.endpoint`, endpoint, origin(name));
  if (group === 'otlp' && /\/v1\/(traces|metrics)\/?$/.test(new URL(endpoint).pathname)) {
    reader.warn(name, 'the path of the signal is appended to it once more, as the specification has it');
  }
}

function readHeaders(reader: EnvironmentReader, group: (typeof FORMS)[number][0], name: string): void {
  const text = reader.text(name);
  if (text === undefined) return;
  const parsed = parseKeyValues(text);
  if (!parsed.ok) {
    const expected = 'key=value pairs separated by commas, percent-encoded';
    reader.ignore(name, expected, `another form in pair ${parsed.position} (not shown)`);
    return;
  }
  const checked = headers(Object.fromEntries(parsed.entries));
  if (checked.ok) reader.claims.set(`${group}.headers`, checked.value, origin(name));
  else reader.ignore(name, checked.expected, checked.actual);
}

function readProtocol(reader: EnvironmentReader, name: string): void {
  const protocol = reader.text(name)?.toLowerCase();
  if (protocol !== undefined && protocol !== 'http/json') {
    reader.warn(name, `${show(protocol)} is not spoken; http/json is used`);
  }
}

/** Undefined when the variable is unset or names nothing known; otherwise the known exporters it names. */
function exporters<T extends string>(
  reader: EnvironmentReader,
  name: string,
  known: readonly T[],
): readonly T[] | undefined {
  const named = (reader.text(name) ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
  const spoken = known.filter((exporter) => named.includes(exporter));
  for (const other of named) {
    if (other !== 'none' && !known.includes(other as T)) {
      reader.ignore(name, `none, ${known.join(', ')}`, show(other));
    }
  }
  return spoken.length > 0 || named.includes('none') ? spoken : undefined;
}
