import type { RateBudget } from './rate-budget.js';
import type { Fault, Scenario } from './scenario.js';
import type { Streams } from './streams.js';
import type { Timeline } from './timeline.js';
import type { Truth } from './truth.js';

/** Puts the scenario's faults on the timeline and holds the ones that last. */
export class Faults {
  readonly #scenario: Scenario;
  readonly #timeline: Timeline;
  readonly #streams: Streams;
  readonly #budget: RateBudget;
  readonly #truth: Truth;
  #gapsOwed = 0;
  #wideSpread: number | undefined;

  constructor(
    scenario: Scenario,
    parts: {
      readonly timeline: Timeline;
      readonly streams: Streams;
      readonly budget: RateBudget;
      readonly truth: Truth;
    },
  ) {
    this.#scenario = scenario;
    this.#timeline = parts.timeline;
    this.#streams = parts.streams;
    this.#budget = parts.budget;
    this.#truth = parts.truth;
    for (const fault of scenario.faults) this.#plan(fault, fault.firstAtMs);
  }

  get spreadTicks(): number {
    return this.#wideSpread ?? this.#scenario.market.spreadTicks;
  }

  /** True when the update at hand is to be left out of the feed. */
  takeGap(): boolean {
    if (this.#gapsOwed === 0) return false;
    this.#gapsOwed -= 1;
    this.#truth.market.gaps += 1;
    return true;
  }

  #plan(fault: Fault, atMillis: number): void {
    this.#timeline.schedule(atMillis, () => {
      this.#begin(fault);
      if (fault.everyMs !== undefined) this.#plan(fault, atMillis + fault.everyMs);
    });
  }

  #begin(fault: Fault): void {
    switch (fault.kind) {
      case 'gap':
        this.#gapsOwed += 1;
        break;
      case 'disconnect':
        this.#streams.disconnect(fault.stream);
        break;
      case 'freeze':
        this.#endAfter(fault.durationMs, this.#streams.freeze());
        break;
      case 'wide_spread':
        this.#truth.market.wideSpreads += 1;
        this.#wideSpread = fault.spreadTicks;
        this.#endAfter(fault.durationMs, () => {
          this.#wideSpread = undefined;
        });
        break;
      case 'rate_squeeze': {
        this.#truth.market.rateSqueezes += 1;
        this.#budget.setRate(fault.requestsPerSecond, performance.now());
        this.#endAfter(fault.durationMs, () => {
          this.#budget.setRate(this.#scenario.rateLimit.requestsPerSecond, performance.now());
        });
      }
    }
  }

  #endAfter(durationMillis: number, end: () => void): void {
    this.#timeline.schedule(this.#timeline.nowMillis + durationMillis, end);
  }
}
