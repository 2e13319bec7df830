import type { Config } from './config.js';
import type { Quote, Touch } from './pricing.js';

export const GUARD_REASONS = [
  'stale_book',
  'max_spread',
  'max_position',
  'rate_budget',
  'loss_limit',
] as const;
export type GuardReason = (typeof GUARD_REASONS)[number];

export interface GuardInput {
  readonly touch: Touch;
  readonly bookAgeMs: number;
  readonly positionLots: number;
  readonly requestsLeft: number;
  readonly profit: number;
}

/** Sides to quote; an absent one is withdrawn. */
export interface Target {
  readonly bidTicks: number | undefined;
  readonly askTicks: number | undefined;
  readonly lots: number;
}

export interface Verdict {
  /** Every guard that tripped. */
  readonly trips: readonly GuardReason[];
  /** What should rest at the venue; undefined: leave things as they are, there is no budget to change them. */
  readonly target: Target | undefined;
}

/** Decides what of a quote may go out. A loss limit that has been hit stays hit. */
export class Guards {
  readonly #config: Config['guards'];
  #lossLimitHit = false;

  constructor(config: Config['guards']) {
    this.#config = config;
  }

  check(input: GuardInput, quote: Quote): Verdict {
    const { maxBookAgeMs, maxSpreadTicks, maxPositionLots, reservedRequests, maxLoss } = this.#config;
    const { touch, positionLots } = input;
    const trips: GuardReason[] = [];
    if (input.profit < -maxLoss) this.#lossLimitHit = true;
    if (this.#lossLimitHit) trips.push('loss_limit');
    if (input.bookAgeMs > maxBookAgeMs) trips.push('stale_book');
    if (touch.ask[0] - touch.bid[0] > maxSpreadTicks) trips.push('max_spread');
    const mayQuote = trips.length === 0;

    const isLong = positionLots >= maxPositionLots;
    const isShort = positionLots <= -maxPositionLots;
    if (isLong || isShort) trips.push('max_position');
    if (input.requestsLeft < reservedRequests) {
      trips.push('rate_budget');
      // The reserve is there for withdrawing: it is touched only for that.
      if (mayQuote || input.requestsLeft < 1) return { trips, target: undefined };
    }
    const target: Target = {
      bidTicks: mayQuote && !isLong ? quote.bidTicks : undefined,
      askTicks: mayQuote && !isShort ? quote.askTicks : undefined,
      lots: quote.lots,
    };
    return { trips, target };
  }
}
