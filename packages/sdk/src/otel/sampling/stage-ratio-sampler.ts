import { type Context, isSpanContextValid, trace } from '@opentelemetry/api';
import type { Scope } from '@tickscope/core';
import { accept, type Check, flag, oneOf, reject } from '../../config/check.js';
import { SETTINGS } from '../../config/settings.js';
import { show } from '../../config/show.js';
import { checkedOptions, type OptionChecks, refuseUnless } from '../checked-options.js';
import { withThreshold } from './ot-trace-state.js';
import { ParentDecision } from './parent-decision.js';
import { answer, NOT_RECORD, RECORD, type SamplingAnswer } from './sampler.js';
import { SamplingRatio } from './sampling-ratio.js';

export interface StageRatioSamplerOptions {
  /**
   * Share of traces that are sampled, 0 to 1; the smallest share above 0 is 2^-32. Default: the scope's, else 1. Given
   * beside a scope it becomes the scope's.
   */
  readonly ratio?: number;
  /**
   * A scope whose ratio and mode the sampler shares, both ways: `scope.setSampleRatio()` changes what is sampled,
   * `setRatio()` changes the scope's ratio; in mode `full` everything is sampled, in `metrics` nothing, in `off`
   * nothing is recorded either. With a scope that records nothing the sampler has a ratio of its own.
   */
  readonly scope?: Scope;
  /**
   * What a span with a valid parent does. `follow` (default): as its parent did. `ignore`: it is decided by the ratio,
   * like a root; for a place in ConsistentParentSampler.
   */
  readonly parents?: 'follow' | 'ignore';
  /**
   * Whether spans that are not sampled are recorded all the same, for span processors. Default true: metrics then see
   * every tick. Exporters look at the sampled flag and are not concerned.
   */
  readonly recordUnsampled?: boolean;
}

const scopeCheck: Check<Scope> = (value) =>
  typeof (value as Partial<Scope> | null)?.setSampleRatio === 'function'
    ? accept(value as Scope)
    : reject('a scope', show(value));

const CHECKS: OptionChecks<StageRatioSamplerOptions> = {
  ratio: SETTINGS.sampleRatio.check,
  scope: scopeCheck,
  parents: oneOf('follow', 'ignore'),
  recordUnsampled: flag,
};

/**
 * A sampler for a bot on the stock SDK, of the 2.x or 3.x line: samples a share of the traces and **records every
 * span**, so that TickscopeSpanProcessor measures 100 % of the ticks while exporters see the share.
 *
 * The decision is a consistent one: it compares the trace's randomness (`rv` of the tracestate, else the last
 * 56 bits of the trace id) with a threshold, so that a sampler of a lower ratio samples a subset of what one
 * of a higher ratio does; the threshold travels as `ot=th:…`, 1 to 8 hex digits.
 * https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 *
 * Trace ids are taken for random whether or not W3C's random flag (0x02) says so, as the specification wants it.
 */
export class StageRatioSampler {
  readonly #ratio: SamplingRatio;
  readonly #follows: boolean;
  readonly #parentDecision = new ParentDecision();
  readonly #recordsUnsampled: boolean;

  /** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every option that is wrong. */
  constructor(options: StageRatioSamplerOptions = {}) {
    const { ratio, scope, parents, recordUnsampled } = checkedOptions('StageRatioSampler', options, CHECKS);
    this.#ratio = new SamplingRatio(scope);
    this.#follows = parents !== 'ignore';
    this.#recordsUnsampled = recordUnsampled !== false;
    if (ratio !== undefined) this.#ratio.set(ratio);
  }

  get ratio(): number {
    return this.#ratio.get();
  }

  /**
   * From the next root span on; traces that have begun stay as they are. Of a scope, if one was given, too.
   * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG` for a ratio outside 0 to 1.
   */
  setRatio(ratio: number): void {
    refuseUnless('StageRatioSampler ratio', SETTINGS.sampleRatio.check(ratio));
    this.#ratio.set(ratio);
  }

  shouldSample(context: Context, traceId: string): SamplingAnswer {
    const { mode } = this.#ratio;
    const unsampled = this.#recordsUnsampled && mode !== 'off' ? RECORD : NOT_RECORD;
    const parent = trace.getSpanContext(context);
    if (this.#follows && parent !== undefined && isSpanContextValid(parent)) {
      return this.#parentDecision.of(parent, unsampled);
    }
    const traceState = parent?.traceState;
    const isTraced = mode === 'sampled' || mode === 'full';
    return (
      (isTraced ? this.#ratio.sample(traceId, traceState) : undefined) ??
      answer(unsampled, withThreshold(traceState, undefined))
    );
  }

  toString(): string {
    return `StageRatioSampler{${this.ratio}}`;
  }
}
