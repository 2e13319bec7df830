/**
 * The settings that belong to the pipeline, of which a process has one: threads that join it bring their own
 * stages, deadlines, modes and rings, but not their own port. Values as text, to be compared.
 */
import type { ResolvedConfig } from './resolved.js';

/** By setting, defaults included. */
export function sharedSettings(config: ResolvedConfig): Record<string, string> {
  const { server, exportQueue } = config;
  const values: Record<string, unknown> = {
    constantLabels: config.constantLabels,
    exemplars: config.exemplars,
    goldenInterval: config.goldenInterval,
    holdBackMs: config.holdBackMillis,
    maxKeptSpansPerSecond: config.maxKeptSpansPerSecond,
    maxStoredTicks: config.maxStoredTicks,
    stuckAfterMs: config.stuckAfterMillis,
    prometheus: server !== undefined,
    'prometheus.host': server?.host,
    'prometheus.port': server?.port,
    'otlp.traces': sorted(config.otlpTraces),
    'otlp.metrics': sorted(config.otlpMetrics),
    'exportQueue.maxSpans': exportQueue.maxSpans,
    'exportQueue.batchSpans': exportQueue.batchSpans,
    'exportQueue.scheduledDelayMs': exportQueue.scheduledDelayMillis,
    'exportQueue.maxConcurrentExports': exportQueue.maxConcurrentExports,
  };
  for (const [name, value] of Object.entries(config.resource)) values[`resource.${name}`] = value;
  return Object.fromEntries(
    Object.entries(values).map(([path, value]) => [path, JSON.stringify(value ?? null)]),
  );
}

/** Of those, the ones that somebody has set: a thread that leaves a setting out takes what the pipeline has. */
export function wishedSettings(config: ResolvedConfig): Record<string, string> {
  const { origins } = config;
  const isWished = (path: string): boolean =>
    Object.entries(origins).some(
      ([name, origin]) =>
        origin !== 'default' && origin !== 'detected' && (name === path || isPartOf(name, path)),
    );
  return Object.fromEntries(Object.entries(sharedSettings(config)).filter(([path]) => isWished(path)));
}

/** Of the groups, only OTLP's signals are compared as a whole. */
function isPartOf(name: string, path: string): boolean {
  return path.startsWith('otlp.') && name.startsWith(`${path}.`);
}

function sorted<T extends object>(settings: T | undefined): unknown {
  return settings && Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
}
