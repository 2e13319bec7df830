/**
 * Tail sampling: which ticks are traced, decided once they have ended and before their frames are decoded.
 *
 * The ratio was decided by the recorder, first and independently; everything here only adds ticks to it.
 */
import { KEEP_REASONS, type KeepReason } from '../protocol.js';

/** What a frame's header tells about a tick. */
export interface TickCandidate {
  readonly missed: boolean;
  readonly failed: boolean;
  readonly guardTripCount: number;
  readonly unfinished: boolean;
  readonly sampledByRatio: boolean;
}

const BIT = Object.fromEntries(KEEP_REASONS.map((reason, index) => [reason, 1 << index])) as Record<
  KeepReason,
  number
>;

/** Every combination of reasons, in order of importance, indexed by its bits: deciding allocates nothing. */
const COMBINATIONS: readonly (readonly KeepReason[])[] = Array.from(
  { length: 1 << KEEP_REASONS.length },
  (_, bits) => Object.freeze(KEEP_REASONS.filter((reason) => bits & BIT[reason])),
);

export class TailSampler {
  readonly #goldenInterval: number;
  #untilGolden: number;

  /** @param goldenInterval every Nth tick is kept as `golden`; 0: none. */
  constructor(goldenInterval: number) {
    this.#goldenInterval = goldenInterval;
    this.#untilGolden = goldenInterval;
  }

  /**
   * All reasons to keep a tick, most important first; empty when it is sampled out. To be called once for
   * every tick, since it counts them for `golden`. The arrays are shared and frozen.
   */
  decide(candidate: TickCandidate): readonly KeepReason[] {
    let bits = 0;
    if (candidate.missed) bits |= BIT.deadline_miss;
    if (candidate.failed) bits |= BIT.failure;
    if (candidate.guardTripCount > 0) bits |= BIT.guard_trip;
    if (candidate.unfinished) bits |= BIT.unfinished;
    if (candidate.sampledByRatio) bits |= BIT.ratio;
    if (this.#goldenInterval > 0 && --this.#untilGolden === 0) {
      this.#untilGolden = this.#goldenInterval;
      bits |= BIT.golden;
    }
    return COMBINATIONS[bits];
  }

  /** Reasons of a span that had no tick: only the ratio can keep it. */
  decideAlone(sampledByRatio: boolean): readonly KeepReason[] {
    return COMBINATIONS[sampledByRatio ? BIT.ratio : 0];
  }
}
