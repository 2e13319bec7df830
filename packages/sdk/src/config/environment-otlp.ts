/** Where the environment wants traces and metrics sent: `OTEL_EXPORTER_OTLP_*` and its per-signal forms. */
import { headers, httpUrl } from './check.js';
import { type EnvironmentReader, origin } from './environment-reader.js';
import { parseKeyValues } from './key-values.js';
import { SETTINGS } from './settings.js';
import { show } from './show.js';

const FORMS = [
  ['otlp', 'OTEL_EXPORTER_OTLP'],
  ['otlp.traces', 'OTEL_EXPORTER_OTLP_TRACES'],
  ['otlp.metrics', 'OTEL_EXPORTER_OTLP_METRICS'],
] as const;

const TLS_FILES = [
  ['certificateFile', 'CERTIFICATE'],
  ['clientKeyFile', 'CLIENT_KEY'],
  ['clientCertificateFile', 'CLIENT_CERTIFICATE'],
] as const;

const LONGEST_TIMEOUT = 600_000;
const HISTOGRAM_AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;

export function readOtlp(reader: EnvironmentReader): void {
  for (const [group, prefix] of FORMS) {
    readEndpoint(reader, group, `${prefix}_ENDPOINT`);
    readHeaders(reader, group, `${prefix}_HEADERS`);
    reader.claim(
      `${group}.timeoutMs`,
      `${prefix}_TIMEOUT`,
      reader.timeout(`${prefix}_TIMEOUT`, LONGEST_TIMEOUT),
    );
    const compression = reader.word(`${prefix}_COMPRESSION`, ['none', 'gzip']);
    reader.claim(`${group}.compression`, `${prefix}_COMPRESSION`, compression);
    readProtocol(reader, `${prefix}_PROTOCOL`);
    for (const [file, suffix] of TLS_FILES) {
      const path = reader.text(`${prefix}_${suffix}`);
      reader.claim(`${group}.${file}`, `${prefix}_${suffix}`, path);
    }
  }
  boundTimeout(reader, 'otlp.traces', 'OTEL_BSP_EXPORT_TIMEOUT');
  boundTimeout(reader, 'otlp.metrics', 'OTEL_METRIC_EXPORT_TIMEOUT');
  const interval = reader.number('OTEL_METRIC_EXPORT_INTERVAL');
  reader.claim('otlp.metrics.intervalMs', 'OTEL_METRIC_EXPORT_INTERVAL', interval);
  const aggregation = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const histograms = reader.word(aggregation, HISTOGRAM_AGGREGATIONS);
  if (histograms !== undefined) {
    const form = histograms === 'explicit_bucket_histogram' ? 'explicit' : 'exponential';
    reader.claims.set('otlp.metrics.histograms', form, origin(aggregation));
  }
}

/** An export is one request with its retries here: of the two time limits that it has, the shorter holds. */
function boundTimeout(reader: EnvironmentReader, group: 'otlp.traces' | 'otlp.metrics', name: string): void {
  const limit = reader.timeout(name, LONGEST_TIMEOUT);
  const { claims } = reader;
  const request = claims.get(`${group}.timeoutMs`) ?? claims.get('otlp.timeoutMs');
  const requestMillis = request?.value ?? SETTINGS['otlp.timeoutMs'].fallback;
  // Above it, it has no effect; what is no time limit is still to be listed.
  if (limit !== undefined && !(limit > requestMillis && limit <= LONGEST_TIMEOUT)) {
    reader.claim(`${group}.timeoutMs`, name, limit);
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
  const named = reader.list(name, ['none', ...known]);
  const spoken = known.filter((exporter) => named.includes(exporter));
  return spoken.length > 0 || named.includes('none') ? spoken : undefined;
}
