import type { SpanContext, TraceState } from '@opentelemetry/api';
import { reliableThreshold, withThreshold } from './ot-trace-state.js';
import { answer, RECORD_AND_SAMPLED, type SamplingAnswer } from './sampler.js';

const FLAG_SAMPLED = 1;

/**
 * A span does as its parent did. The parent's threshold goes on only where it is the reason for that.
 * Spans of a trace come one after the other: the latest answer is kept.
 */
export class ParentDecision {
  #traceId = '';
  #traceFlags = 0;
  #traceState: TraceState | undefined;
  #unsampled: 0 | 1 = 0;
  #answer: SamplingAnswer | undefined;

  /** @param unsampled what becomes of a span whose parent is not sampled. */
  of(parent: SpanContext, unsampled: 0 | 1): SamplingAnswer {
    const { traceId, traceFlags, traceState } = parent;
    if (
      this.#answer !== undefined &&
      traceState === this.#traceState &&
      traceId === this.#traceId &&
      traceFlags === this.#traceFlags &&
      unsampled === this.#unsampled
    ) {
      return this.#answer;
    }
    this.#traceId = traceId;
    this.#traceFlags = traceFlags;
    this.#traceState = traceState;
    this.#unsampled = unsampled;
    this.#answer = Object.freeze(decisionOf(parent, unsampled));
    return this.#answer;
  }
}

function decisionOf(parent: SpanContext, unsampled: 0 | 1): SamplingAnswer {
  const { traceFlags, traceState } = parent;
  const keepsThreshold = reliableThreshold(parent) !== undefined;
  return answer(
    (traceFlags & FLAG_SAMPLED) === 0 ? unsampled : RECORD_AND_SAMPLED,
    keepsThreshold ? traceState : withThreshold(traceState, undefined),
  );
}
