import type { TraceState } from '@opentelemetry/api';
import type { Mode, Scope } from '@tickscope/core';
import {
  formatThreshold,
  loadThreshold,
  randomnessOfTraceId,
  ratioOf,
  ScopeRecorder,
  thresholdOf,
} from '@tickscope/core/internal';
import { randomnessIn, withThreshold } from './ot-trace-state.js';
import { answer, RECORD_AND_SAMPLED, type SamplingAnswer } from './sampler.js';

/** No randomness reaches it: the threshold of a ratio of 0. */
const NEVER = thresholdOf(0);

/** The share of traces to sample: of its own, or the one that a scope has, which somebody may change there. */
export class SamplingRatio {
  readonly #scope: ScopeRecorder | undefined;
  #ratio = 1;
  #threshold = 0;
  #text = '0';
  /** Of a root without a tracestate, which is the usual one. */
  #sampled = bareAnswer('0');

  constructor(scope: Scope | undefined) {
    this.#scope = scope instanceof ScopeRecorder ? (scope as ScopeRecorder) : undefined;
  }

  /** The scope's mode; `sampled` for one that does not record. */
  get mode(): Mode {
    return this.#scope?.recorder.mode ?? 'sampled';
  }

  get(): number {
    this.#refresh();
    return this.#ratio;
  }

  /** @param ratio checked: 0…1. */
  set(ratio: number): void {
    this.#scope?.setSampleRatio(ratio);
    this.#take(thresholdOf(ratio), ratio);
  }

  /** The answer for a trace that is to be sampled, its threshold included; undefined for any other. */
  sample(traceId: string, traceState: TraceState | undefined): SamplingAnswer | undefined {
    this.#refresh();
    const explicit = randomnessIn(traceState);
    // Compared by its upper 32 bits: our thresholds have zeros below them.
    const randomness =
      explicit === undefined ? randomnessOfTraceId(traceId) : Number.parseInt(explicit.slice(0, 8), 16);
    if (this.#threshold === NEVER || !(randomness >= this.#threshold)) return undefined;
    return traceState === undefined
      ? this.#sampled
      : answer(RECORD_AND_SAMPLED, withThreshold(traceState, this.#text));
  }

  /** The ratio of a scope may have been changed there. */
  #refresh(): void {
    if (this.#scope === undefined) return;
    const { recorder } = this.#scope;
    const threshold = recorder.mode === 'full' ? 0 : loadThreshold(recorder.i32);
    if (threshold !== this.#threshold) this.#take(threshold, ratioOf(threshold));
  }

  #take(threshold: number, ratio: number): void {
    this.#ratio = ratio;
    this.#threshold = threshold;
    this.#text = formatThreshold(threshold);
    this.#sampled = bareAnswer(this.#text);
  }
}

function bareAnswer(threshold: string): SamplingAnswer {
  return Object.freeze(answer(RECORD_AND_SAMPLED, withThreshold(undefined, threshold)));
}
