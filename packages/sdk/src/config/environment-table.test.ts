/** Every variable of docs/configuration.md, one by one: what a good value does, and that a bad one is listed and ignored. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve.js';
import type { ResolvedConfig } from './resolved.js';

const FILE = fileURLToPath(import.meta.url);
const ENDPOINTS = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_METRICS_EXPORTER: 'otlp,prometheus' };
const RATIO = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' };

interface Row {
  /** Set beside it. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly read: (config: ResolvedConfig) => unknown;
  /** Value of the variable, and what it makes of the configuration. */
  readonly good: readonly (readonly [text: string, effect: unknown])[];
  readonly bad: readonly string[];
}

const endpoint = (read: Row['read'], path: string): Row => ({
  read,
  good: [
    ['http://collector:4318', `http://collector:4318/${path}`],
    ['HTTPS://collector/base', `https://collector/base${path && `/${path}`}`],
  ],
  bad: ['collector:4318', 'ftp://collector', '/v1/traces', 'http://'],
});
const headers = (read: Row['read']): Row => ({
  beside: ENDPOINTS,
  read,
  good: [['authorization=Bearer%20a%3Db, x-team=mm', { authorization: 'Bearer a=b', 'x-team': 'mm' }]],
  bad: ['authorization', 'a=1,=2', 'a=%zz', 'a b=1', 'a=%0d%0ab'],
});
const timeout = (read: Row['read'], more: Row['beside'] = {}): Row => ({
  beside: { ...ENDPOINTS, ...more },
  read,
  good: [
    ['1500', 1500],
    [' 2e3 ', 2000],
  ],
  bad: ['-1', '1.5', '600001', '1s', 'NaN', 'Infinity', '0x10'],
});
const compression = (read: Row['read']): Row => ({
  beside: ENDPOINTS,
  read,
  good: [
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['none', 'none'],
  ],
  bad: ['zstd', 'true'],
});
const file = (read: Row['read']): Row => ({
  beside: ENDPOINTS,
  read,
  good: [[FILE, FILE]],
  bad: ['/no/such/file.pem', '/', 'a\0b'],
});
const protocol: Row = {
  read: (config) => config.otlpTraces?.url,
  beside: ENDPOINTS,
  good: [['http/json', 'http://c/v1/traces']],
  bad: ['grpc', 'http/protobuf', 'x'],
};
const count = (read: Row['read'], maximum: number): Row => ({
  read,
  good: [
    ['100', 100],
    [String(maximum), maximum],
  ],
  bad: ['0', '-5', '1.5', String(maximum + 1), 'many', ''.padEnd(400, '9')],
});

const TABLE: Readonly<Record<string, Row>> = {
  OTEL_SDK_DISABLED: {
    read: (config) => [config.enabled, config.mode],
    good: [
      ['true', [false, 'off']],
      ['TRUE', [false, 'off']],
      ['false', [true, 'full']],
    ],
    bad: ['1', 'yes', 'on'],
  },
  OTEL_SERVICE_NAME: {
    read: (config) => config.service,
    good: [['mm-bot', 'mm-bot']],
    bad: ['x'.repeat(256)],
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    read: ({ resource }) => [resource['service.name'], resource.team, resource['a b']],
    good: [
      ['service.name=s,team=mm%2C%20eu', ['s', 'mm, eu', undefined]],
      [' a%20b = %C3%A4 ,,', ['unknown_service:node', undefined, 'ä']],
    ],
    bad: ['team', 'team=mm,=x', 'team=%zz', 'team=mm,shard', 'telemetry.sdk.name=x,team=mm'],
  },
  OTEL_PROPAGATORS: {
    read: (config) => config.propagators,
    good: [
      ['tracecontext', ['tracecontext']],
      ['baggage, TraceContext,baggage', ['tracecontext', 'baggage']],
      ['none', []],
      ['tracecontext,none', []],
    ],
    bad: ['b3', 'jaeger,xray', 'b3multi,ottrace'],
  },
  OTEL_TRACES_SAMPLER: {
    beside: { OTEL_TRACES_SAMPLER_ARG: '0.5' },
    read: (config) => [config.mode, config.sampleRatio],
    good: [
      ['parentbased_traceidratio', ['sampled', 0.5]],
      ['ParentBased_TraceIdRatio', ['sampled', 0.5]],
    ],
    bad: ['jaeger_remote', 'xray', '0.5'],
  },
  OTEL_TRACES_SAMPLER_ARG: {
    beside: RATIO,
    read: (config) => [config.mode, config.sampleRatio],
    good: [
      ['0.25', ['sampled', 0.25]],
      ['1', ['full', 1]],
      ['0', ['sampled', 0]],
      ['1e-3', ['sampled', 0.001]],
    ],
    bad: ['25%', '2', '-0.5', 'NaN', '1e-20'],
  },
  OTEL_TRACES_EXPORTER: {
    read: (config) => config.otlpTraces?.url,
    good: [
      ['otlp', 'http://localhost:4318/v1/traces'],
      ['none', undefined],
    ],
    bad: ['zipkin', 'console', 'otlp/stdout'],
  },
  OTEL_METRICS_EXPORTER: {
    read: (config) => [config.otlpMetrics?.url, config.server?.port],
    good: [
      ['otlp', ['http://localhost:4318/v1/metrics', undefined]],
      ['Prometheus', [undefined, 9464]],
      ['otlp , prometheus', ['http://localhost:4318/v1/metrics', 9464]],
      ['none', [undefined, undefined]],
    ],
    bad: ['console', 'statsd'],
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint((config) => config.otlpTraces?.url, 'v1/traces'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint((config) => config.otlpTraces?.url, ''),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint((config) => config.otlpMetrics?.url, ''),
  OTEL_EXPORTER_OTLP_HEADERS: headers((config) => config.otlpTraces?.headers),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers((config) => config.otlpTraces?.headers),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: headers((config) => config.otlpMetrics?.headers),
  OTEL_EXPORTER_OTLP_TIMEOUT: timeout((config) => config.otlpTraces?.timeoutMillis),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: timeout((config) => config.otlpTraces?.timeoutMillis),
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: timeout((config) => config.otlpMetrics?.timeoutMillis),
  OTEL_BSP_EXPORT_TIMEOUT: timeout((config) => config.otlpTraces?.timeoutMillis),
  OTEL_METRIC_EXPORT_TIMEOUT: timeout((config) => config.otlpMetrics?.timeoutMillis),
  OTEL_EXPORTER_OTLP_COMPRESSION: compression((config) => config.otlpTraces?.compression),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression((config) => config.otlpTraces?.compression),
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: compression((config) => config.otlpMetrics?.compression),
  OTEL_EXPORTER_OTLP_CERTIFICATE: file((config) => config.otlpTraces?.tls?.certificateFile),
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: file((config) => config.otlpTraces?.tls?.certificateFile),
  OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: file((config) => config.otlpMetrics?.tls?.certificateFile),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: file((config) => config.otlpTraces?.tls?.clientKeyFile),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: file((config) => config.otlpTraces?.tls?.clientKeyFile),
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: file((config) => config.otlpMetrics?.tls?.clientKeyFile),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file((config) => config.otlpTraces?.tls?.clientCertificateFile),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: file(
    (config) => config.otlpTraces?.tls?.clientCertificateFile,
  ),
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: file(
    (config) => config.otlpMetrics?.tls?.clientCertificateFile,
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: protocol,
  OTEL_METRICS_EXEMPLAR_FILTER: {
    read: (config) => config.exemplars,
    good: [
      ['always_off', false],
      ['TRACE_BASED', true],
    ],
    bad: ['sometimes', 'true'],
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    beside: ENDPOINTS,
    read: (config) => config.otlpMetrics?.intervalMillis,
    good: [['5000', 5000]],
    bad: ['0', '99', '-1', 'soon', '3600001'],
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: {
    beside: ENDPOINTS,
    read: (config) => config.otlpMetrics?.histograms,
    good: [
      ['base2_exponential_bucket_histogram', 'exponential'],
      ['Explicit_Bucket_Histogram', 'explicit'],
    ],
    bad: ['exponential', 'ddsketch'],
  },
  OTEL_EXPORTER_PROMETHEUS_HOST: {
    read: (config) => config.server?.host,
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['localhost', 'localhost'],
    ],
    bad: ['x'.repeat(256)],
  },
  OTEL_EXPORTER_PROMETHEUS_PORT: {
    read: (config) => [config.server?.port, config.server?.portIsConfigured],
    good: [
      ['9500', [9500, true]],
      ['0', [0, true]],
    ],
    bad: ['-1', '65536', '94.5', 'http'],
  },
  OTEL_BSP_MAX_QUEUE_SIZE: count((config) => config.exportQueue.maxSpans, 1_048_576),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count((config) => config.exportQueue.batchSpans, 65_536),
  OTEL_BSP_SCHEDULE_DELAY: count((config) => config.exportQueue.scheduledDelayMillis, 60_000),
};

/** Refused instead of ignored, or read by other parts, whose tests see to them. */
const ELSEWHERE: readonly string[] = [
  'METRICS_PORT',
  'TICKSCOPE_CONFIG',
  'OTEL_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_SPAN_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_LINK_COUNT_LIMIT',
];

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('## Environment'), page.indexOf('## Resource'));
const [inEffect, notInEffect] = section.split('Known and not in effect').map(namesIn);

function namesIn(text: string): string[] {
  const cells = text.split('\n').map((line) => (line.startsWith('|') ? line.split('|')[1] : ''));
  const source = text.includes('|') ? cells.join('\n') : text;
  return [...new Set(source.match(/`[A-Z][A-Z0-9_]{5,}`/g) ?? [])].map((name) => name.slice(1, -1));
}

function without(config: ResolvedConfig): Omit<ResolvedConfig, 'warnings'> {
  const { warnings: _listed, ...rest } = config;
  return rest;
}

it('are all in the table', () => {
  const missing = inEffect.filter((name) => !(name in TABLE) && !ELSEWHERE.includes(name));
  expect(missing).toEqual([]);
  expect(Object.keys(TABLE).filter((name) => !inEffect.includes(name))).toEqual([]);
});

const rows = Object.entries(TABLE).map(([name, row]) => ({ name, ...row }));

describe.each(rows)('$name', ({ name, beside = {}, read, good, bad }) => {
  const unset = resolveConfig({}, beside);

  it.each(good)('set to %j gives %j', (text, effect) => {
    const config = resolveConfig({}, { ...beside, [name]: text });
    expect(read(config)).toEqual(effect);
    expect(config.warnings.filter((warning) => !unset.warnings.includes(warning))).toEqual([]);
  });

  it.each(bad)('set to %j is listed, and otherwise as if it were not set', (text) => {
    const config = resolveConfig({}, { ...beside, [name]: text });
    const listed = config.warnings.filter((warning) => !unset.warnings.includes(warning));
    expect(listed.length).toBeGreaterThanOrEqual(1);
    for (const warning of listed) expect(warning.startsWith(`${name}: `), warning).toBe(true);
    expect(without(config)).toEqual(without(unset));
  });

  it.each(['', ' ', '\t'])('set to %j is as if it were not set', (text) => {
    expect(resolveConfig({}, { ...beside, [name]: text })).toEqual(unset);
  });
});

describe('a variable that is known and not in effect', () => {
  it.each(notInEffect)('is named when it is set, and its value is not: %s', (name) => {
    const config = resolveConfig({}, { [name]: 'geheim' });
    expect(config.warnings).toEqual([`${name}: not in effect`]);
    expect(without(config)).toEqual(without(resolveConfig({}, {})));
    expect(resolveConfig({}, { [name]: '' })).toEqual(resolveConfig({}, {}));
  });
});

describe('time limits of an export', () => {
  const traces = (environment: Record<string, string>) => {
    const config = resolveConfig({}, { ...ENDPOINTS, ...environment });
    return [config.otlpTraces?.timeoutMillis, config.origins['otlp.traces.timeoutMs'], config.warnings];
  };

  it.each<[environment: Record<string, string>, millis: number, origin: string]>([
    [{ OTEL_BSP_EXPORT_TIMEOUT: '30000' }, 10_000, 'default'],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '3000' }, 3_000, 'environment OTEL_BSP_EXPORT_TIMEOUT'],
    [
      { OTEL_BSP_EXPORT_TIMEOUT: '30000', OTEL_EXPORTER_OTLP_TIMEOUT: '60000' },
      30_000,
      'environment OTEL_BSP_EXPORT_TIMEOUT',
    ],
    [
      { OTEL_BSP_EXPORT_TIMEOUT: '3000', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000' },
      2_000,
      'environment OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    ],
  ])('%j: the shorter one holds', (environment, millis, origin) => {
    expect(traces(environment)).toEqual([millis, origin, []]);
  });

  it('of code holds over both', () => {
    const options = { otlp: { endpoint: 'http://c', timeoutMs: 20_000 } };
    expect(resolveConfig(options, { OTEL_BSP_EXPORT_TIMEOUT: '100' }).otlpTraces?.timeoutMillis).toBe(20_000);
  });

  it('of 0 are the longest there are, and said to be', () => {
    expect(traces({ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '0' })).toEqual([
      600_000,
      'environment OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: 0, no limit, is taken as 600000'],
    ]);
  });
});

describe('certificates', () => {
  it('of the signal hold over the general ones, file by file', () => {
    const other = fileURLToPath(new URL('resolve.test.ts', import.meta.url));
    const { otlpTraces, otlpMetrics, origins } = resolveConfig(
      {},
      {
        ...ENDPOINTS,
        OTEL_EXPORTER_OTLP_CERTIFICATE: FILE,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: FILE,
        OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: other,
      },
    );
    expect(otlpTraces?.tls).toEqual({ certificateFile: other, clientKeyFile: FILE });
    expect(otlpMetrics?.tls).toEqual({ certificateFile: FILE, clientKeyFile: FILE });
    expect(origins['otlp.traces.certificateFile']).toBe('environment OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE');
  });

  it('in code are refused when they cannot be read', () => {
    const options = { otlp: { endpoint: 'https://c', certificateFile: '/no/such/file.pem' } };
    expect(() => resolveConfig(options, {})).toThrow(
      'otlp.certificateFile: expected the path of a file that can be read, got "/no/such/file.pem" (code)',
    );
  });
});
