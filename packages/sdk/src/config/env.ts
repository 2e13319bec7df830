import type { Claims } from './claims.js';
import { readExporters, readOtlp } from './environment-otlp.js';
import { type Environment, EnvironmentReader, origin, parseNumber } from './environment-reader.js';
import { readSampler } from './environment-sampler.js';
import { readSpanLimits } from './environment-span-limits.js';
import { parseKeyValues } from './key-values.js';
import { PROPAGATORS } from './propagation.js';
import { show } from './show.js';

/** Variables that a user may expect to count, and that do not: listed when they are set, never shown. */
const NOT_IN_EFFECT: readonly string[] = [
  'OTEL_CONFIG_FILE',
  'OTEL_EXPERIMENTAL_CONFIG_FILE',
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  'LATENCY_PRECISION',
  'PROMETHEUS_URL',
  'SLACK_WEBHOOK_URL',
  'WINDOW_SIZE',
];

/**
 * What the environment says. `OTEL_*` variables that cannot be understood become warnings; Tickscope's own
 * (`METRICS_PORT`, `TICKSCOPE_CONFIG`) are held to the same rules as code.
 */
export function claimsFromEnvironment(environment: Environment): Claims {
  const reader = new EnvironmentReader(environment);
  if (reader.word('OTEL_SDK_DISABLED', ['true', 'false']) === 'true') {
    reader.claims.set('enabled', false, origin('OTEL_SDK_DISABLED'));
  }
  readResource(reader);
  readSampler(reader);
  readOtlp(reader);
  readExporters(reader);
  readServer(reader);
  readQueue(reader);
  readSpanLimits(reader);
  readPropagators(reader);
  readExemplarFilter(reader);
  if (reader.text('TICKSCOPE_CONFIG') !== undefined) {
    reader.claims.setChecked('config', reader.text('TICKSCOPE_CONFIG'), origin('TICKSCOPE_CONFIG'));
  }
  for (const name of NOT_IN_EFFECT) {
    if (reader.text(name) !== undefined) reader.warn(name, 'not in effect');
  }
  return reader.claims;
}

function readResource(reader: EnvironmentReader): void {
  const name = 'OTEL_RESOURCE_ATTRIBUTES';
  const text = reader.text(name);
  if (text !== undefined) {
    const parsed = parseKeyValues(text);
    if (parsed.ok) reader.claim('resource', name, Object.fromEntries(parsed.entries));
    else {
      // The specification discards the whole value, so that half a resource is never mistaken for it.
      const expected = 'key=value pairs separated by commas, percent-encoded';
      reader.ignore(name, expected, `${show(text)} (pair ${parsed.position})`);
    }
  }
  reader.claim('service', 'OTEL_SERVICE_NAME', reader.text('OTEL_SERVICE_NAME'));
}

/** `none` is none, whatever stands beside it. */
function readPropagators(reader: EnvironmentReader): void {
  const name = 'OTEL_PROPAGATORS';
  const named = reader.list(name, [...PROPAGATORS, 'none']);
  if (named.length === 0) return;
  const known = PROPAGATORS.filter((propagator) => named.includes(propagator));
  reader.claims.set('propagators', named.includes('none') ? [] : known, origin(name));
}

/** An exemplar is a trace that a backend has: more than those of traces there cannot be. */
function readExemplarFilter(reader: EnvironmentReader): void {
  const name = 'OTEL_METRICS_EXEMPLAR_FILTER';
  const filter = reader.word(name, ['always_on', 'always_off', 'trace_based']);
  if (filter === undefined) return;
  if (filter === 'always_on') reader.warn(name, 'taken as trace_based: exemplars are of exported traces');
  reader.claims.set('exemplars', filter !== 'always_off', origin(name));
}

function readServer(reader: EnvironmentReader): void {
  const { claims } = reader;
  const hostName = 'OTEL_EXPORTER_PROMETHEUS_HOST';
  reader.claim('prometheus.host', hostName, reader.text(hostName));
  const portName = 'OTEL_EXPORTER_PROMETHEUS_PORT';
  reader.claim('prometheus.port', portName, reader.number(portName));

  const own = reader.text('METRICS_PORT');
  if (own === undefined) return;
  const from = origin('METRICS_PORT');
  claims.setChecked('prometheus.port', parseNumber(own) ?? own, from, 'METRICS_PORT');
  // Naming the port asks for the server, whatever the general list of exporters says.
  claims.set('prometheus', true, from);
}

function readQueue(reader: EnvironmentReader): void {
  const variables = [
    ['exportQueue.maxSpans', 'OTEL_BSP_MAX_QUEUE_SIZE'],
    ['exportQueue.batchSpans', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    ['exportQueue.scheduledDelayMs', 'OTEL_BSP_SCHEDULE_DELAY'],
  ] as const;
  for (const [path, name] of variables) reader.claim(path, name, reader.number(name));
}
