import type { Mode } from '@tickscope/core';
import type { Sources } from './sources.js';

interface Decision {
  readonly mode: Mode;
  readonly origin: string;
}

/**
 * Trace off with metrics off or absent is `off`; trace off with metrics on is `metrics`; trace on is `sampled`,
 * or `full` at ratio 1. A mode given in code is taken instead, except that what is disabled stays disabled.
 */
export function decideMode(sources: Sources, sampleRatio: number): Decision {
  const disabled = disabledBy(sources);
  if (disabled !== undefined) return { mode: 'off', origin: disabled };

  const inCode = sources.code.get('mode');
  if (inCode?.value === 'off') return { mode: 'off', origin: inCode.origin };
  const trace = sources.file?.traceEnabled;
  const metrics = sources.file?.metricsEnabled;
  if (trace?.value === false) {
    const wanted = metrics?.value ?? inCode?.value === 'metrics';
    return { mode: wanted ? 'metrics' : 'off', origin: trace.origin };
  }
  const asked = inCode ?? sources.environment.get('mode');
  if (asked?.value === 'metrics' && metrics?.value === false) return { mode: 'off', origin: metrics.origin };
  if (asked) return { mode: asked.value, origin: asked.origin };
  return sampleRatio === 1
    ? { mode: 'full', origin: sources.claim('sampleRatio')?.origin ?? trace?.origin ?? 'default' }
    : { mode: 'sampled', origin: sources.claim('sampleRatio')?.origin ?? 'default' };
}

/** Whoever switches Tickscope off; environment first, since it is the operator's. */
export function disabledBy(sources: Sources): string | undefined {
  for (const source of [sources.environment, sources.code]) {
    const enabled = source.get('enabled');
    if (enabled?.value === false) return enabled.origin;
  }
  return undefined;
}
