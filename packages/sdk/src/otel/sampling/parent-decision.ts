import type { SpanContext } from '@opentelemetry/api';
import { reliableThreshold, withThreshold } from './ot-trace-state.js';
import { answer, RECORD_AND_SAMPLED, type SamplingAnswer } from './sampler.js';

const FLAG_SAMPLED = 1;

/**
 * A span does as its parent did. The parent's threshold goes on only where it is the reason for that.
 * @param unsampled what becomes of a span whose parent is not sampled.
 */
export function decisionOf(parent: SpanContext, unsampled: 0 | 1): SamplingAnswer {
  const { traceFlags, traceState } = parent;
  const keepsThreshold = reliableThreshold(parent) !== undefined;
  return answer(
    (traceFlags & FLAG_SAMPLED) === 0 ? unsampled : RECORD_AND_SAMPLED,
    keepsThreshold ? traceState : withThreshold(traceState, undefined),
  );
}
