import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TickscopeError } from '@tickscope/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from './options.js';
import { resolveConfig } from './resolve.js';
import type { ResolvedConfig } from './resolved.js';

const folder = mkdtempSync(join(tmpdir(), 'tickscope-config-'));
let files = 0;

function yaml(text: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

function refusal(options: unknown, environment: Record<string, string> = {}): string {
  try {
    resolveConfig(options as RegisterOptions, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(TickscopeError);
    expect((error as TickscopeError).code).toBe('TICKSCOPE_INVALID_CONFIG');
    return (error as TickscopeError).message;
  }
  throw new Error('nothing was refused');
}

describe('defaults', () => {
  it('need nothing and trace every tick, as OpenTelemetry does, into the page alone', () => {
    const { resource, origins, ...config } = resolveConfig(undefined, {});
    expect(config).toEqual({
      enabled: true,
      mode: 'full',
      service: 'unknown_service:node',
      constantLabels: {},
      stages: [],
      guardReasons: [],
      deadlineMillis: undefined,
      sampleRatio: 1,
      goldenInterval: 0,
      holdBackMillis: 250,
      maxKeptSpansPerSecond: 100_000,
      maxStoredTicks: 1_000,
      symbolLabel: false,
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
    [{ symbolLabel: true }, (config) => config.symbolLabel, true],
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

it('a setting that is known and not in effect yet is listed', () => {
  expect(resolveConfig({ symbolLabel: true }, {}).warnings).toEqual([
    'symbolLabel: not yet in effect (code)',
  ]);
});

describe('a refused configuration', () => {
  it('names every problem of every source at once', () => {
    const file = yaml('trace:\n  sample_rate: 20\n  dedline_ms: 5\n');
    const message = refusal(
      {
        config: file,
        service: '',
        sampleRatio: 20,
        sample_rate: 0.2,
        deadlineMs: Number.NaN,
        stages: ['fetch_md', 'fetch_md'],
        guardReasons: ['stale book'],
        mode: 'on',
        ring: { slots: 100_000, overflow: 'wrap', size: 1 },
        prometheus: { port: 65_536 },
        otlp: {
          endpoint: 'http://user:secret@collector/?token=secret',
          headers: { authorization: 5 },
          traces: { endpoint: 'grpc://user:secret@collector:4317?token=secret' },
        },
        exportQueue: 5,
        maxOpenTicks: 1.5,
        enabled: null,
      },
      { METRICS_PORT: 'http', TICKSCOPE_CONFIG: './unused.yaml' },
    );
    expect(message).toBe(
      `Tickscope's configuration has 19 problems:
  service: expected a non-empty text of at most 255 characters, got "" (code)
  sampleRatio: expected a number from 0 to 1 (0, or at least 2^-32), got 20 (code)
  sample_rate: expected a known key (nearest: sampleRatio), got "sample_rate" (code)
  deadlineMs: expected a number of milliseconds above 0, got NaN (code)
  stages: expected each stage once, got "fetch_md" twice (code)
  guardReasons: expected guard reasons of 1 to 64 letters, digits and _ . : / -, got "stale book" (code)
  mode: expected one of off, metrics, sampled, full, got "on" (code)
  ring.slots: expected a power of two from 1024 to 16777216, got 100000 (code)
  ring.overflow: expected one of drop, overwrite, got "wrap" (code)
  ring.size: expected one of the keys slots, overflow, got "size" (code)
  prometheus.port: expected an integer from 0 to 65535, got 65536 (code)
  otlp.headers: expected a text for authorization, got a number (code)
  otlp.traces.endpoint: expected an http:// or https:// URL, got "grpc://***@collector:4317?***" (code)
  exportQueue: expected an object, got 5 (code)
  maxOpenTicks: expected an integer from 1 to 4096, got 1.5 (code)
  enabled: expected true or false, got null (code)
  METRICS_PORT: expected an integer from 0 to 65535, got "http" (environment METRICS_PORT)
  trace.sample_rate: expected a number from 0 to 1 (0, or at least 2^-32), got 20 (file ${file}:2)
  trace.dedline_ms: expected a known key (nearest: deadline_ms), got "dedline_ms" (file ${file}:3)`,
    );
  });

  it.each<[options: unknown, problem: string]>([
    ['mm-bot', 'options: expected an object, got "mm-bot" (code)'],
    [{ stages: 'spread' }, 'stages: expected an array of at most 64 stages, got "spread" (code)'],
    [
      { stages: ['wait'] },
      'stages: expected stages other than tick_total and wait, which are reserved, got "wait" (code)',
    ],
    [
      { stages: ['x'.repeat(65)] },
      'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got one of 65 characters (code)',
    ],
    [{ stages: [''] }, 'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got "" (code)'],
    [{ stages: [7] }, 'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got 7 (code)'],
    [
      { constantLabels: { stage: 'x' } },
      'constantLabels: expected labels that no series has already, got "stage" (code)',
    ],
    [
      { constantLabels: { 'a-b': 'x' } },
      'constantLabels: expected label names of letters, digits and _ that do not begin with a digit or __, got "a-b" (code)',
    ],
    [
      { resource: { 'telemetry.sdk.name': 'x' } },
      'resource: expected no attributes under telemetry.sdk, which are Tickscope\'s own, got "telemetry.sdk.name" (code)',
    ],
    [
      { resource: { team: null } },
      'resource: expected a text, finite number or boolean for team, got null (code)',
    ],
    [
      { otlp: { endpoint: 'http://c:4318/v1/traces' } },
      'otlp.endpoint: expected a base URL, to which /v1/traces is appended, got "http://c:4318/v1/traces" (code)',
    ],
    [
      { otlp: { headers: { 'a b': 'x' } } },
      'otlp.headers: expected header names as HTTP has them, got "a b" (code)',
    ],
    [
      { otlp: { headers: { token: 'geheim\n' } } },
      'otlp.headers: expected a text for token that HTTP can carry, got one with other characters (not shown) (code)',
    ],
    [{ otlp: true }, 'otlp: expected false or an object, got true (code)'],
    [{ otlp: { metrics: 1 } }, 'otlp.metrics: expected true, false or an object, got 1 (code)'],
    [
      { otlp: { traces: { intervalMs: 1 } } },
      'otlp.traces.intervalMs: expected one of the keys endpoint, headers, timeoutMs, compression, got "intervalMs" (code)',
    ],
    [
      { exportQueue: { maxSpans: 10, batchSpans: 20 } },
      "exportQueue.batchSpans: expected at most the queue's 10 spans, got 20 (code)",
    ],
    [
      { sampleRatio: 2 ** -33 },
      `sampleRatio: expected a number from 0 to 1 (0, or at least 2^-32), got ${2 ** -33} (code)`,
    ],
    [
      { config: '/nowhere/tickscope.yaml' },
      'config: expected a readable file, got "/nowhere/tickscope.yaml": ENOENT (code)',
    ],
    [{ quux: 1 }, 'quux: expected one of the keys enabled, service, '],
  ])('says of %j what is wrong', (options, problem) => {
    expect(refusal(options)).toContain(`Tickscope's configuration has a problem:\n  ${problem}`);
  });

  it('never shows a secret', () => {
    const message = refusal(
      {
        otlp: {
          endpoint: 'ftp://user:geheim@host/?key=geheim',
          headers: { authorization: 'geheim\n' },
          traces: { endpoint: 'user:geheim@host:1' },
          metrics: { endpoint: '#geheim' },
        },
      },
      {},
    );
    expect(message).not.toContain('geheim');
    expect(message).toContain('ftp://***@host/?***');
  });
});

describe('kill switches', () => {
  const traceOff = yaml('trace: { enabled: false }');
  const traceOffMetricsOn = yaml('trace: { enabled: false }\nmetrics: { enabled: true }');
  const metricsOff = yaml('metrics: { enabled: false }');
  const metricsOn = yaml('metrics: { enabled: true }');
  const traceOn = yaml('trace: { enabled: true, sample_rate: 0.5 }');

  it.each<[options: RegisterOptions, environment: Record<string, string>, mode: string, origin: string]>([
    [{ mode: 'full' }, { OTEL_SDK_DISABLED: 'TRUE' }, 'off', 'environment OTEL_SDK_DISABLED'],
    [{ enabled: true }, { OTEL_SDK_DISABLED: 'true' }, 'off', 'environment OTEL_SDK_DISABLED'],
    [{ enabled: false, mode: 'full' }, { OTEL_SDK_DISABLED: 'false' }, 'off', 'code'],
    [{ config: traceOff }, {}, 'off', `file ${traceOff}:1`],
    [{ config: traceOff, mode: 'full' }, {}, 'off', `file ${traceOff}:1`],
    [{ config: traceOff, mode: 'metrics' }, {}, 'metrics', `file ${traceOff}:1`],
    [{ config: traceOffMetricsOn, sampleRatio: 1 }, {}, 'metrics', `file ${traceOffMetricsOn}:1`],
    [{ config: metricsOff, mode: 'metrics' }, {}, 'off', `file ${metricsOff}:1`],
    [
      { config: metricsOff },
      { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      'off',
      `file ${metricsOff}:1`,
    ],
    [{ config: metricsOn }, {}, 'full', 'default'],
    [{ config: traceOn }, {}, 'sampled', `file ${traceOn}:1`],
    [{ config: traceOn, sampleRatio: 1 }, {}, 'full', 'code'],
    [{ config: traceOn, mode: 'off' }, {}, 'off', 'code'],
    [{}, { OTEL_TRACES_SAMPLER: 'always_off' }, 'metrics', 'environment OTEL_TRACES_SAMPLER'],
    [{ mode: 'sampled' }, {}, 'sampled', 'code'],
    [{ sampleRatio: 0 }, {}, 'sampled', 'code'],
  ])('make %j with %j run in the right mode', (options, environment, mode, origin) => {
    const config = resolveConfig(options, environment);
    expect([config.mode, config.origins.mode]).toEqual([mode, origin]);
  });

  it('win over a configuration that would be refused, whose problems they list', () => {
    const config = resolveConfig({ sampleRatio: 20 }, { OTEL_SDK_DISABLED: 'true' });
    expect(config.enabled).toBe(false);
    expect(config.warnings).toEqual([
      'sampleRatio: expected a number from 0 to 1 (0, or at least 2^-32), got 20 (code)',
    ]);
  });

  it('take metrics out of the server and OTLP when metrics are disabled in the file', () => {
    const config = resolveConfig(
      { config: metricsOff, prometheus: { port: 1 }, otlp: { endpoint: 'http://c', metrics: true } },
      {},
    );
    expect([config.mode, config.server, config.otlpMetrics]).toEqual(['full', undefined, undefined]);
    expect(config.origins.prometheus).toBe(`file ${metricsOff}:1`);
    expect(config.otlpTraces?.url).toBe('http://c/v1/traces');
  });
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
