import { describe, expect, it } from 'vitest';
import { pipelineSettings } from './pipeline-settings.js';
import { resolveConfig } from './resolve.js';

const config = resolveConfig(
  {
    service: 'mm-bot',
    stages: ['fetch_md'],
    guardReasons: ['stale'],
    deadlineMs: 20,
    sampleRatio: 0.2,
    goldenInterval: 50,
    constantLabels: { venue: 'sim' },
    ring: { slots: 2048, overflow: 'overwrite' },
    otlp: { endpoint: 'http://c', metrics: { intervalMs: 500 } },
    prometheus: { port: 0 },
  },
  {},
);

describe('the settings of the pipeline', () => {
  it("are the configuration in the pipeline's words, and can be posted to a worker", () => {
    const settings = pipelineSettings(config);
    expect(structuredClone(settings)).toEqual(settings);
    expect(settings).toMatchObject({
      resource: { attributes: { 'service.name': 'mm-bot' } },
      tail: { sampleRatio: 0.2, goldenInterval: 50, holdBackMillis: 250, maxKeptSpansPerSecond: 100_000 },
      traces: { url: 'http://c/v1/traces', timeoutMillis: 10_000, compression: 'none' },
      otlpMetrics: { url: 'http://c/v1/metrics', intervalMillis: 500 },
      server: { host: '127.0.0.1', port: 0, portIsConfigured: true },
      metrics: { constantLabels: { venue: 'sim' }, exemplars: true },
      store: { maxTicks: 1_000 },
      stages: { '': ['fetch_md'] },
      stuckAfterMillis: 1_000,
    });
  });

  it('keep everything in full mode, whatever ratio waits for `sampled`', () => {
    const full = resolveConfig({ mode: 'full', sampleRatio: 0.2 }, {});
    expect(pipelineSettings(full).tail.sampleRatio).toBe(1);
    expect(full.sampleRatio).toBe(0.2);
  });
});
