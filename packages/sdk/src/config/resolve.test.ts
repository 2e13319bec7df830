import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from './options.js';
import { resolveConfig } from './resolve.js';
import type { ResolvedConfig } from './resolved.js';
import { yaml } from './yaml-file.test.fixture.js';

describe('defaults', () => {
  it('need nothing and trace every tick, as OpenTelemetry does, into the page alone', () => {
    const { resource, origins, ...config } = resolveConfig(undefined, {});
    expect(config).toEqual({
      enabled: true,
      mode: 'full',
      service: 'unknown_service:node',
      constantLabels: {},
      exemplars: true,
      stages: [],
      guardReasons: [],
      deadlineMillis: undefined,
      sampleRatio: 1,
      goldenInterval: 0,
      holdBackMillis: 250,
      maxKeptSpansPerSecond: 100_000,
      maxStoredTicks: 1_000,
      symbolLimit: 0,
      stuckAfterMillis: 1_000,
      server: { host: '127.0.0.1', port: 9464, portIsConfigured: false },
      otlpTraces: undefined,
      otlpMetrics: undefined,
      exportQueue: {
        maxSpans: 65_536,
        batchSpans: 2_048,
        scheduledDelayMillis: 1_000,
        maxConcurrentExports: 4,
      },
      pipeline: 'worker',
      ring: { slots: 131_072, overflow: 'drop' },
      maxOpenTicks: 256,
      abandonAfterMillis: 60_000,
      flushTimeoutMillis: 2_000,
      ambientStages: false,
      contextManager: true,
      tracerProvider: 'auto',
      spanLimits: {
        attributeCount: 128,
        attributeValueLength: 16_384,
        eventCount: 128,
        linkCount: 128,
        attributesPerEvent: 128,
        attributesPerLink: 128,
      },
      propagators: ['tracecontext', 'baggage'],
      propagateTo: [],
      debugHandles: false,
      onConfigError: 'throw',
      warnings: [],
    } satisfies Omit<ResolvedConfig, 'resource' | 'origins'>);
    const others = Object.entries(origins).filter(([, origin]) => origin !== 'default');
    expect(others.every(([path]) => path.startsWith('resource.') || path === 'service')).toBe(true);
    expect(origins['ring.slots']).toBe('default');
    expect(resource['service.name']).toBe('unknown_service:node');
  });

  it('hold for options that are undefined', () => {
    const config = resolveConfig({ sampleRatio: undefined, ring: { slots: undefined } } as never, {});
    expect(config.origins.sampleRatio).toBe('default');
    expect(config.ring.slots).toBe(131_072);
  });
});

describe('precedence', () => {
  const file = yaml('trace: { sample_rate: 0.3, deadline_ms: 30 }');
  const environment = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.2' };

  it('is code, environment, file, default, for every subset of them', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (code, env, inFile) => {
        const config = resolveConfig(
          { ...(code && { sampleRatio: 0.1 }), ...(inFile && { config: file }) },
          env ? environment : {},
        );
        const [ratio, origin] = code
          ? [0.1, 'code']
          : env
            ? [0.2, 'environment OTEL_TRACES_SAMPLER_ARG']
            : inFile
              ? [0.3, `file ${file}:1`]
              : [1, 'default'];
        expect([config.sampleRatio, config.origins.sampleRatio]).toEqual([ratio, origin]);
      }),
    );
  });

  it.each<[path: string, code: RegisterOptions, environment: Record<string, string>, read: Reader]>([
    ['service', { service: 'a' }, { OTEL_SERVICE_NAME: 'b' }, (config) => config.service],
    [
      'resource.deployment',
      { resource: { deployment: 'a' } },
      { OTEL_RESOURCE_ATTRIBUTES: 'deployment=b' },
      (config) => config.resource.deployment,
    ],
    [
      'prometheus.port',
      { prometheus: { port: 1 } },
      { OTEL_EXPORTER_PROMETHEUS_PORT: '2' },
      (config) => config.server?.port,
    ],
    [
      'prometheus.host',
      { prometheus: { host: 'a' } },
      { OTEL_EXPORTER_PROMETHEUS_HOST: 'b' },
      (config) => config.server?.host,
    ],
    ['mode', { mode: 'off' }, { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, (config) => config.mode],
    [
      'otlp.traces.endpoint',
      { otlp: { endpoint: 'http://a' } },
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' },
      (config) => config.otlpTraces?.url,
    ],
    [
      'otlp.traces.timeoutMs',
      { otlp: { endpoint: 'http://a', timeoutMs: 1 } },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2' },
      (config) => config.otlpTraces?.timeoutMillis,
    ],
    [
      'otlp.traces.compression',
      { otlp: { endpoint: 'http://a', compression: 'none' } },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
      (config) => config.otlpTraces?.compression,
    ],
    [
      'otlp.metrics.intervalMs',
      { otlp: { endpoint: 'http://a', metrics: { intervalMs: 100 } } },
      {
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      },
      (config) => config.otlpMetrics?.intervalMillis,
    ],
    [
      'exportQueue.maxSpans',
      { exportQueue: { maxSpans: 1000 } },
      { OTEL_BSP_MAX_QUEUE_SIZE: '2000' },
      (config) => config.exportQueue.maxSpans,
    ],
    [
      'exportQueue.batchSpans',
      { exportQueue: { batchSpans: 10 } },
      { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20' },
      (config) => config.exportQueue.batchSpans,
    ],
    [
      'exportQueue.scheduledDelayMs',
      { exportQueue: { scheduledDelayMs: 10 } },
      { OTEL_BSP_SCHEDULE_DELAY: '20' },
      (config) => config.exportQueue.scheduledDelayMillis,
    ],
  ])('lets code win for %s, then the environment', (path, code, variables, read) => {
    const fromCode = resolveConfig(code, {});
    const both = resolveConfig(code, variables);
    const fromEnvironment = resolveConfig({}, variables);
    expect(read(both)).toBe(read(fromCode));
    expect(both.origins[path]).toBe('code');
    expect(read(fromEnvironment)).not.toBe(read(fromCode));
    expect(fromEnvironment.origins[path]).toMatch(/^environment [A-Z_]+$/);
    expect(fromEnvironment.warnings).toEqual([]);
  });

  it.each<[code: RegisterOptions, read: Reader, expected: unknown]>([
    [{ serviceVersion: '1.2' }, (config) => config.resource['service.version'], '1.2'],
    [{ constantLabels: { venue: 'x' } }, (config) => config.constantLabels, { venue: 'x' }],
    [{ stages: ['net', 'route'] }, (config) => config.stages, ['net', 'route']],
    [{ guardReasons: ['stale'] }, (config) => config.guardReasons, ['stale']],
    [{ deadlineMs: 0.5 }, (config) => config.deadlineMillis, 0.5],
    [{ goldenInterval: 7 }, (config) => config.goldenInterval, 7],
    [{ holdBackMs: 0 }, (config) => config.holdBackMillis, 0],
    [{ maxKeptSpansPerSecond: 9 }, (config) => config.maxKeptSpansPerSecond, 9],
    [{ maxStoredTicks: 9 }, (config) => config.maxStoredTicks, 9],
    [{ symbolLabel: true }, (config) => config.symbolLimit, 64],
    [{ symbolLabel: true, symbolLabelLimit: 9 }, (config) => config.symbolLimit, 9],
    [{ stuckAfterMs: 9 }, (config) => config.stuckAfterMillis, 9],
    [{ prometheus: false }, (config) => config.server, undefined],
    [{ pipeline: 'inline' }, (config) => config.pipeline, 'inline'],
    [
      { ring: { slots: 1024, overflow: 'overwrite' } },
      (config) => config.ring,
      { slots: 1024, overflow: 'overwrite' },
    ],
    [{ maxOpenTicks: 9 }, (config) => config.maxOpenTicks, 9],
    [{ abandonAfterMs: 9 }, (config) => config.abandonAfterMillis, 9],
    [{ flushTimeoutMs: 0 }, (config) => config.flushTimeoutMillis, 0],
    [{ ambientStages: true }, (config) => config.ambientStages, true],
    [{ contextManager: false }, (config) => config.contextManager, false],
    [{ debugHandles: true }, (config) => config.debugHandles, true],
    [{ onConfigError: 'disable' }, (config) => config.onConfigError, 'disable'],
    [{ exportQueue: { maxConcurrentExports: 9 } }, (config) => config.exportQueue.maxConcurrentExports, 9],
    [{ exportQueue: { maxSpans: 100 } }, (config) => config.exportQueue.batchSpans, 100],
  ])('takes %j from code', (code, read, expected) => {
    expect(read(resolveConfig(code, {}))).toEqual(expected);
  });
});

it('a limit of symbols without symbols is listed', () => {
  const { symbolLimit, warnings } = resolveConfig({ symbolLabelLimit: 9 }, {});
  expect(symbolLimit).toBe(0);
  expect(warnings).toEqual(['symbolLabelLimit: no effect without symbolLabel (code)']);
  expect(resolveConfig({ symbolLabel: true, symbolLabelLimit: 9 }, {}).warnings).toEqual([]);
});

describe('the resolved configuration', () => {
  it('is deeply frozen and shares nothing with the options', () => {
    const options = { stages: ['a', 'b'], otlp: { endpoint: 'http://c', headers: { x: 'y' } } };
    const config = resolveConfig(options, {});
    options.stages.push('c');
    options.otlp.headers.x = 'z';
    expect(config.stages).toEqual(['a', 'b']);
    expect(config.otlpTraces?.headers).toEqual({ x: 'y' });
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
    expect(Object.isFrozen(options.stages)).toBe(false);
  });
});

type Reader = (config: ResolvedConfig) => unknown;
