import type { PipelineSettings } from '@tickscope/pipeline';
import type { ResolvedConfig } from './resolved.js';

/** What the pipeline needs to know; plain data, so that it can be posted to the worker. */
export function pipelineSettings(config: ResolvedConfig): PipelineSettings {
  return {
    resource: { attributes: config.resource },
    tail: {
      sampleRatio: config.mode === 'full' ? 1 : config.sampleRatio,
      goldenInterval: config.goldenInterval,
      holdBackMillis: config.holdBackMillis,
      maxKeptSpansPerSecond: config.maxKeptSpansPerSecond,
    },
    traces: config.otlpTraces,
    otlpMetrics: config.otlpMetrics,
    exportQueue: config.exportQueue,
    server: config.server,
    metrics: { constantLabels: config.constantLabels, exemplars: config.exemplars },
    store: { maxTicks: config.maxStoredTicks },
    stages: { '': config.stages },
    stuckAfterMillis: config.stuckAfterMillis,
  };
}
