import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve.js';

const resolve = (environment: Record<string, string>) => resolveConfig({}, environment);

describe('OTEL_* variables', () => {
  it('count as not set when they are empty or blank', () => {
    const names = [
      ['OTEL_SDK_DISABLED', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER'],
      ['OTEL_TRACES_SAMPLER_ARG', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'],
      ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'METRICS_PORT'],
      ['OTEL_EXPORTER_PROMETHEUS_PORT', 'OTEL_BSP_MAX_QUEUE_SIZE', 'TICKSCOPE_CONFIG', 'OTEL_PROPAGATORS'],
    ].flat();
    const set = resolve(Object.fromEntries(names.map((name, index) => [name, index % 2 ? '' : ' '])));
    const unset = resolve({});
    expect(set).toEqual(unset);
  });

  it.each<[environment: Record<string, string>, warning: string]>([
    [{ OTEL_SDK_DISABLED: '1' }, 'OTEL_SDK_DISABLED: expected one of true, false, got "1"; ignored'],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' },
      'OTEL_RESOURCE_ATTRIBUTES: expected key=value pairs separated by commas, percent-encoded, got "a=1,b" (pair 2); ignored',
    ],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' },
      'OTEL_RESOURCE_ATTRIBUTES: expected key=value pairs separated by commas, percent-encoded, got "a=%zz" (pair 1); ignored',
    ],
    [
      { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
      'OTEL_TRACES_SAMPLER: expected one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, got "jaeger_remote"; ignored',
    ],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '20%' },
      'OTEL_TRACES_SAMPLER_ARG: expected a number, got "20%"; ignored',
    ],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '20' },
      'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1 (0, or at least 2^-32), got "20"; ignored',
    ],
    [
      { OTEL_TRACES_SAMPLER_ARG: '0.2' },
      'OTEL_TRACES_SAMPLER_ARG: has no effect: OTEL_TRACES_SAMPLER is not traceidratio or parentbased_traceidratio',
    ],
    [
      { OTEL_TRACES_SAMPLER: 'always_on' },
      'OTEL_TRACES_SAMPLER: taken as parentbased_always_on: the decision of a remote parent is respected',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'user:geheim@collector:4318?geheim' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an http:// or https:// URL, got "***@collector:4318?***"; ignored',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c/v1/traces' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: the path of the signal is appended to it once more, as the specification has it',
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=b,geheim' },
      'OTEL_EXPORTER_OTLP_TRACES_HEADERS: expected key=value pairs separated by commas, percent-encoded, got another form in pair 2 (not shown); ignored',
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=geheim%0a' },
      'OTEL_EXPORTER_OTLP_HEADERS: expected a text for a that HTTP can carry, got one with other characters (not shown); ignored',
    ],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '0' }, 'OTEL_EXPORTER_OTLP_TIMEOUT: 0, no limit, is taken as 600000'],
    [
      { OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' },
      'OTEL_EXPORTER_OTLP_COMPRESSION: expected one of none, gzip, got "zstd"; ignored',
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" is not spoken; http/json is used',
    ],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER: expected none, otlp, got "zipkin"; ignored'],
    [
      { OTEL_EXPORTER_PROMETHEUS_PORT: '99999' },
      'OTEL_EXPORTER_PROMETHEUS_PORT: expected an integer from 0 to 65535, got 99999; ignored',
    ],
    [
      { OTEL_BSP_MAX_QUEUE_SIZE: '-1' },
      'OTEL_BSP_MAX_QUEUE_SIZE: expected an integer from 1 to 1048576, got -1; ignored',
    ],
    [
      { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '200' },
      "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: expected at most the queue's 100 spans, got 200; ignored",
    ],
    [
      { OTEL_METRIC_EXPORT_INTERVAL: 'soon' },
      'OTEL_METRIC_EXPORT_INTERVAL: expected a number, got "soon"; ignored',
    ],
    [{ OTEL_PROPAGATORS: 'b3' }, 'OTEL_PROPAGATORS: expected tracecontext, baggage, none, got "b3"; ignored'],
    [{ SLACK_WEBHOOK_URL: 'https://geheim' }, 'SLACK_WEBHOOK_URL: not in effect'],
  ])('that cannot be taken as they stand are listed: %j', (environment, warning) => {
    const config = resolve(environment);
    expect(config.warnings).toEqual([warning]);
    expect(JSON.stringify(config.warnings)).not.toContain('geheim');
  });

  it('ignores what it warns about: the value is as if the variable were not set', () => {
    const config = resolve({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b', OTEL_BSP_MAX_QUEUE_SIZE: '1e99' });
    expect(config.resource).not.toHaveProperty('a');
    expect(config.exportQueue.maxSpans).toBe(65_536);
  });
});

describe('the sampler variables', () => {
  it.each<[sampler: string, argument: string | undefined, mode: string, ratio: number]>([
    ['parentbased_always_on', undefined, 'full', 1],
    ['PARENTBASED_TRACEIDRATIO', '0.25', 'sampled', 0.25],
    ['parentbased_traceidratio', '0', 'sampled', 0],
    ['parentbased_traceidratio', undefined, 'full', 1],
    ['parentbased_traceidratio', 'nonsense', 'full', 1],
    ['parentbased_always_off', undefined, 'metrics', 1],
  ])('%s with %s give mode and ratio', (sampler, argument, mode, ratio) => {
    const config = resolve({
      OTEL_TRACES_SAMPLER: sampler,
      ...(argument && { OTEL_TRACES_SAMPLER_ARG: argument }),
    });
    expect([config.mode, config.sampleRatio]).toEqual([mode, ratio]);
  });
});

describe('the OTLP variables', () => {
  it.each<[environment: Record<string, string>, traces: string | undefined, metrics: string | undefined]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces', undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, 'http://c:4318/v1/traces', undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/base/?key=1' }, 'https://c/base/v1/traces?key=1', undefined],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318' }, 'http://c:4318/', undefined],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/x/y' }, 'http://c/x/y', undefined],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/m' }, undefined, 'http://c/m'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/t' },
      'http://b/t',
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_METRICS_EXPORTER: 'otlp,prometheus' },
      'http://a/v1/traces',
      'http://a/v1/metrics',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_TRACES_EXPORTER: 'none' }, undefined, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces', undefined],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, undefined, 'http://localhost:4318/v1/metrics'],
    [
      { OTEL_METRICS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a' },
      undefined,
      undefined,
    ],
    [{}, undefined, undefined],
  ])('%j give the right URLs', (environment, traces, metrics) => {
    const config = resolve(environment);
    expect([config.otlpTraces?.url, config.otlpMetrics?.url]).toEqual([traces, metrics]);
    expect(config.warnings).toEqual([]);
  });

  it('merge headers by name, the signal and then code being stronger', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20a%2Cb,x-team=mm',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'X-Team=traces',
    };
    const config = resolveConfig(
      { otlp: { endpoint: 'http://c', headers: { authorization: 'own', y: '1' }, metrics: true } },
      environment,
    );
    expect(config.otlpTraces?.headers).toEqual({ authorization: 'own', 'X-Team': 'traces', y: '1' });
    expect(config.otlpMetrics?.headers).toEqual({ authorization: 'own', 'x-team': 'mm', y: '1' });
    expect(config.origins['otlp.traces.headers']).toBe(
      'code, environment OTEL_EXPORTER_OTLP_TRACES_HEADERS, environment OTEL_EXPORTER_OTLP_HEADERS',
    );
  });

  it('have per-signal timeouts and compression, the signal being stronger', () => {
    const config = resolve({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'GZIP',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    });
    expect(config.otlpTraces).toEqual({
      url: 'http://c/v1/traces',
      headers: {},
      timeoutMillis: 1000,
      compression: 'gzip',
    });
    expect(config.otlpMetrics).toEqual({
      url: 'http://c/v1/metrics',
      headers: {},
      timeoutMillis: 2000,
      compression: 'none',
      intervalMillis: 60_000,
      histograms: 'explicit',
    });
    expect(config.origins['otlp.metrics.timeoutMs']).toBe('environment OTEL_EXPORTER_OTLP_METRICS_TIMEOUT');
  });

  it('have histograms as the specification’s variable says', () => {
    const histograms = (aggregation: string) => {
      const { otlpMetrics, warnings } = resolveConfig(undefined, {
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c',
        OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: aggregation,
      });
      return [otlpMetrics?.histograms, warnings];
    };
    expect(histograms('BASE2_EXPONENTIAL_BUCKET_HISTOGRAM')).toEqual(['exponential', []]);
    expect(histograms('explicit_bucket_histogram')).toEqual(['explicit', []]);
    expect(histograms('ddsketch')).toEqual([
      'explicit',
      [
        'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: expected one of explicit_bucket_histogram, base2_exponential_bucket_histogram, got "ddsketch"; ignored',
      ],
    ]);
  });

  it('are switched off by code', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_METRICS_EXPORTER: 'otlp' };
    const off = resolveConfig({ otlp: false }, environment);
    expect([off.otlpTraces, off.otlpMetrics, off.origins['otlp.traces']]).toEqual([
      undefined,
      undefined,
      'code',
    ]);
    const tracesOff = resolveConfig({ otlp: { traces: false } }, environment);
    expect([tracesOff.otlpTraces, tracesOff.otlpMetrics?.url]).toEqual([undefined, 'http://c/v1/metrics']);
  });

  it('warn of code that configures an exporter without an endpoint', () => {
    const { warnings } = resolveConfig({ otlp: { headers: { a: 'geheim' } } }, {});
    expect(warnings).toEqual(['otlp.headers: no effect, since nothing is sent without otlp.endpoint (code)']);
  });
});

describe('the server variables', () => {
  it.each<[environment: Record<string, string>, port: number | undefined, configured: boolean | undefined]>([
    [{}, 9464, false],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '9464' }, 9464, true],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '0' }, 0, true],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '1', METRICS_PORT: '2' }, 2, true],
    [{ OTEL_METRICS_EXPORTER: 'none' }, undefined, undefined],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, undefined, undefined],
    [{ OTEL_METRICS_EXPORTER: 'console' }, 9464, false],
    [{ OTEL_METRICS_EXPORTER: 'none', METRICS_PORT: '2' }, 2, true],
  ])('%j give the right port', (environment, port, configured) => {
    const { server } = resolve(environment);
    expect([server?.port, server?.portIsConfigured]).toEqual([port, configured]);
  });

  it('are overridden by code that configures the server', () => {
    const config = resolveConfig({ prometheus: { host: '::1' } }, { OTEL_METRICS_EXPORTER: 'none' });
    expect(config.server?.host).toBe('::1');
  });
});

describe('limits of spans', () => {
  it('take the particular variable before the general one', () => {
    const { spanLimits, warnings } = resolve({
      OTEL_ATTRIBUTE_COUNT_LIMIT: '10',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '30',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '40',
      OTEL_SPAN_LINK_COUNT_LIMIT: '0',
      OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '60',
      OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '70',
    });
    expect(spanLimits).toEqual({
      attributeCount: 20,
      attributeValueLength: 30,
      eventCount: 40,
      linkCount: 0,
      attributesPerEvent: 60,
      attributesPerLink: 70,
    });
    expect(warnings).toEqual([]);
  });

  it('are warned about and ignored where they are none', () => {
    const { spanLimits, warnings } = resolve({
      OTEL_SPAN_EVENT_COUNT_LIMIT: 'many',
      OTEL_SPAN_LINK_COUNT_LIMIT: '-1',
    });
    expect([spanLimits.eventCount, spanLimits.linkCount]).toEqual([128, 128]);
    expect(warnings).toEqual([
      'OTEL_SPAN_EVENT_COUNT_LIMIT: expected a number, got "many"; ignored',
      'OTEL_SPAN_LINK_COUNT_LIMIT: expected an integer from 0 to 10000, got -1; ignored',
    ]);
  });
});
