import { type Context, isSpanContextValid, type TraceState, trace } from '@opentelemetry/api';
import { formatThreshold, randomnessOfTraceId, thresholdOf } from '@tickscope/core/internal';
import { refuse } from '../config/problem.js';
import { SETTINGS } from '../config/settings.js';
import { randomnessIn, withThreshold } from './ot-trace-state.js';

/** OpenTelemetry's decisions; the numbers are part of its interface, in 2.x as in 3.x. */
const RECORD = 1;
const RECORD_AND_SAMPLED = 2;

export interface StageRatioSamplerOptions {
  /** Share of traces that are sampled, 0 to 1; the smallest share above 0 is 2^-32. Default 1. */
  readonly ratio?: number;
}

/** What `shouldSample` answers: OpenTelemetry's SamplingResult. */
export interface SamplingAnswer {
  readonly decision: 1 | 2;
  readonly traceState?: TraceState;
}

/**
 * A sampler for a bot on the stock SDK: samples a share of the traces and **records every span**, so that
 * TickscopeSpanProcessor measures 100 % of the ticks while exporters see the share.
 *
 * The decision is a consistent one: it compares the trace's randomness (`rv` of the tracestate, else the last
 * 56 bits of the trace id) with a threshold, so that a sampler of a lower ratio samples a subset of what one
 * of a higher ratio does; the threshold travels as `ot=th:…`. A span with a parent, local or remote, follows
 * its parent. https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export class StageRatioSampler {
  #ratio = 1;
  #threshold = 0;
  #thresholdText = '0';

  /** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG` for a ratio outside 0 to 1. */
  constructor(options: StageRatioSamplerOptions = {}) {
    this.setRatio(options.ratio ?? 1);
  }

  get ratio(): number {
    return this.#ratio;
  }

  /**
   * From the next root span on; traces that have begun stay as they are.
   * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG` for a ratio outside 0 to 1.
   */
  setRatio(ratio: number): void {
    const checked = SETTINGS.sampleRatio.check(ratio);
    if (!checked.ok) {
      const { expected, actual } = checked;
      refuse([{ setting: 'StageRatioSampler ratio', expected, actual, origin: 'code' }]);
    }
    this.#ratio = ratio;
    this.#threshold = thresholdOf(ratio);
    this.#thresholdText = formatThreshold(this.#threshold);
  }

  shouldSample(context: Context, traceId: string): SamplingAnswer {
    const parent = trace.getSpanContext(context);
    const traceState = parent?.traceState;
    if (parent !== undefined && isSpanContextValid(parent)) {
      // What the parent says about the trace is passed on as it is.
      return answer((parent.traceFlags & 1) === 1 ? RECORD_AND_SAMPLED : RECORD, traceState);
    }
    // Compared by its upper 32 bits: our thresholds have zeros below them.
    const explicit = randomnessIn(traceState);
    const randomness =
      explicit === undefined ? randomnessOfTraceId(traceId) : Number.parseInt(explicit.slice(0, 8), 16);
    return randomness >= this.#threshold
      ? answer(RECORD_AND_SAMPLED, withThreshold(traceState, this.#thresholdText))
      : answer(RECORD, withThreshold(traceState, undefined));
  }

  toString(): string {
    return `StageRatioSampler{${this.#ratio}}`;
  }
}

function answer(decision: 1 | 2, traceState: TraceState | undefined): SamplingAnswer {
  return traceState === undefined ? { decision } : { decision, traceState };
}
