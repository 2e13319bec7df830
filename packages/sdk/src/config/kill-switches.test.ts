import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from './options.js';
import { resolveConfig } from './resolve.js';
import { yaml } from './yaml-file.test.fixture.js';

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
