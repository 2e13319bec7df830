import { claimsFromCode } from './code.js';
import { claimsFromEnvironment } from './env.js';
import type { Environment } from './environment-reader.js';
import { claimsFromFile } from './file.js';
import { decideMode, disabledBy } from './mode.js';
import type { RegisterOptions } from './options.js';
import { resolveOtlp } from './otlp.js';
import { type ConfigProblem, problemText, refuse } from './problem.js';
import type { ResolvedConfig } from './resolved.js';
import { resolveResource } from './resource.js';
import { Sources } from './sources.js';

/**
 * Reads every source once and decides. With a kill switch thrown (`enabled: false`, `OTEL_SDK_DISABLED=true`)
 * nothing is refused, so that switching off always works; the problems are then among the warnings.
 *
 * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every problem of every source.
 */
export function resolveConfig(
  options: RegisterOptions | undefined,
  environment: Environment = process.env,
): ResolvedConfig {
  const sources = readSources(options, environment);
  const problems = sources.all().flatMap((source) => source.problems);
  const exportQueue = resolveQueue(sources, problems);
  const enabled = disabledBy(sources) === undefined;
  if (enabled) refuse(problems);
  else sources.warnings.push(...problems.map(problemText));

  const sampleRatio = sources.pick('sampleRatio');
  const mode = decideMode(sources, sampleRatio);
  const resource = resolveResource(sources);
  const otlpTraces = resolveOtlp(sources, 'traces');
  const otlpMetrics = resolveOtlp(sources, 'metrics');
  if (!otlpTraces && !otlpMetrics) warnOfIdleOtlp(sources);
  if (sources.claim('symbolLabelLimit') && !sources.pick('symbolLabel')) {
    sources.warnings.push('symbolLabelLimit: no effect without symbolLabel (code)');
  }
  sources.pick('enabled');
  sources.origins.enabled = disabledBy(sources) ?? sources.origins.enabled;
  sources.origins.mode = mode.origin;
  sources.origins.service = sources.origins['resource.service.name'];
  return freezeDeeply({
    enabled,
    mode: mode.mode,
    service: String(resource['service.name']),
    resource,
    constantLabels: sources.pick('constantLabels'),
    exemplars: sources.pick('exemplars'),
    stages: sources.pick('stages'),
    guardReasons: sources.pick('guardReasons'),
    deadlineMillis: sources.pick('deadlineMs'),
    sampleRatio,
    goldenInterval: sources.pick('goldenInterval'),
    holdBackMillis: sources.pick('holdBackMs'),
    maxKeptSpansPerSecond: sources.pick('maxKeptSpansPerSecond'),
    maxStoredTicks: sources.pick('maxStoredTicks'),
    symbolLimit: resolveSymbolLimit(sources),
    stuckAfterMillis: sources.pick('stuckAfterMs'),
    server: resolveServer(sources),
    otlpTraces,
    otlpMetrics: otlpMetrics && {
      ...otlpMetrics,
      intervalMillis: sources.pick('otlp.metrics.intervalMs'),
      histograms: sources.pick('otlp.metrics.histograms'),
    },
    exportQueue,
    pipeline: sources.pick('pipeline'),
    ring: { slots: sources.pick('ring.slots'), overflow: sources.pick('ring.overflow') },
    maxOpenTicks: sources.pick('maxOpenTicks'),
    abandonAfterMillis: sources.pick('abandonAfterMs'),
    flushTimeoutMillis: sources.pick('flushTimeoutMs'),
    ambientStages: sources.pick('ambientStages'),
    contextManager: sources.pick('contextManager'),
    tracerProvider: sources.pick('tracerProvider'),
    spanLimits: {
      attributeCount: sources.pick('spanLimits.attributeCount'),
      attributeValueLength: sources.pick('spanLimits.attributeValueLength'),
      eventCount: sources.pick('spanLimits.eventCount'),
      linkCount: sources.pick('spanLimits.linkCount'),
      attributesPerEvent: sources.pick('spanLimits.attributesPerEvent'),
      attributesPerLink: sources.pick('spanLimits.attributesPerLink'),
    },
    propagators: sources.pick('propagators'),
    propagateTo: sources.pick('propagateTo'),
    debugHandles: sources.pick('debugHandles'),
    onConfigError: sources.pick('onConfigError'),
    origins: sources.origins,
    warnings: [...sources.all().flatMap((source) => source.warnings), ...sources.warnings],
  });
}

function readSources(options: RegisterOptions | undefined, environment: Environment): Sources {
  const fromCode = claimsFromCode(options);
  const fromEnvironment = claimsFromEnvironment(environment);
  const path = fromCode.get('config') ?? fromEnvironment.get('config');
  const fromFile = path && claimsFromFile(path.value, path.origin, environment);
  return new Sources(fromCode, fromEnvironment, fromFile);
}

/** Zero: symbols are not told apart. */
function resolveSymbolLimit(sources: Sources): number {
  const limit = sources.pick('symbolLabelLimit');
  return sources.pick('symbolLabel') ? limit : 0;
}

function resolveServer(sources: Sources): ResolvedConfig['server'] {
  const stop = sources.file?.metricsEnabled;
  const wanted = sources.pick('prometheus');
  if (stop?.value === false) sources.origins.prometheus = stop.origin;
  if (!wanted || stop?.value === false) return undefined;
  return {
    host: sources.pick('prometheus.host'),
    port: sources.pick('prometheus.port'),
    portIsConfigured: sources.claim('prometheus.port') !== undefined,
  };
}

function resolveQueue(sources: Sources, problems: ConfigProblem[]): ResolvedConfig['exportQueue'] {
  const maxSpans = sources.pick('exportQueue.maxSpans');
  let batchSpans = sources.pick('exportQueue.batchSpans');
  const claim = sources.claim('exportQueue.batchSpans');
  if (batchSpans > maxSpans) {
    const expected = `at most the queue's ${maxSpans} spans`;
    if (claim?.origin.startsWith('environment')) {
      sources.warnings.push(
        `OTEL_BSP_MAX_EXPORT_BATCH_SIZE: expected ${expected}, got ${batchSpans}; ignored`,
      );
      sources.origins['exportQueue.batchSpans'] = 'default';
    } else if (claim) {
      problems.push({
        setting: 'exportQueue.batchSpans',
        expected,
        actual: String(batchSpans),
        origin: claim.origin,
      });
    }
    batchSpans = Math.min(2_048, maxSpans);
  }
  return {
    maxSpans,
    batchSpans,
    scheduledDelayMillis: sources.pick('exportQueue.scheduledDelayMs'),
    maxConcurrentExports: sources.pick('exportQueue.maxConcurrentExports'),
  };
}

/** Settings for an exporter that does not exist were meant for one that does. */
function warnOfIdleOtlp(sources: Sources): void {
  const idle = [...sources.code.paths()].filter(
    (path) => /^otlp\./.test(path) && sources.code.get(path)?.value !== false,
  );
  if (idle.length > 0 && sources.claim('otlp')?.value !== false) {
    sources.warnings.push(
      `${idle.join(', ')}: no effect, since nothing is sent without otlp.endpoint (code)`,
    );
  }
}

function freezeDeeply<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freezeDeeply(inner);
  }
  return Object.freeze(value);
}
