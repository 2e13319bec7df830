import { normal, type Random, randomStream } from './random.js';
import type { Scenario } from './scenario.js';
import type { Level, Side } from './wire.js';

/** An aggressive order that trades against what rests at the touch. */
export interface Taker {
  readonly side: Side;
  readonly lots: number;
}

export interface MarketUpdate {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly taker: Taker | undefined;
}

const LEVEL_CHANGE_PROBABILITY = 0.3;
const MAX_LEVEL_LOTS = 90;
/** Pulls the price back to where it began, so that a long run stays inside the price band. */
const MEAN_REVERSION = 0.002;

/**
 * One symbol's book as the exchange makes it up. Every update takes draws from the symbol's own stream and
 * from nothing else: the n-th update of a symbol is a function of the seed.
 */
export class Market {
  readonly symbol: string;
  readonly tickSize: number;
  /** Of the latest update; a gap leaves one out of the feed, not out of the count. */
  sequence = 0;
  bestBid = 0;
  bestAsk = 0;
  readonly #settings: Scenario['market'];
  readonly #random: Random;
  readonly #anchorTicks: number;
  #midTicks: number;
  #bids: Map<number, number> = new Map();
  #asks: Map<number, number> = new Map();

  constructor(symbol: string, settings: Scenario['market'], seed: number) {
    this.symbol = symbol;
    this.#settings = settings;
    this.#random = randomStream(seed, `market:${symbol}`);
    this.#anchorTicks = 20_000 + Math.floor(this.#random() * 60_000);
    this.#midTicks = this.#anchorTicks;
    this.tickSize = 0.01;
    this.step(settings.spreadTicks);
  }

  get bids(): readonly Level[] {
    return [...this.#bids];
  }

  get asks(): readonly Level[] {
    return [...this.#asks];
  }

  /** Moves the market by one update and returns what changed. */
  step(spreadTicks: number): MarketUpdate {
    const { volatilityTicks, depth, takerProbability, takerMaxLots } = this.#settings;
    const random = this.#random;
    const pull = (this.#anchorTicks - this.#midTicks) * MEAN_REVERSION;
    this.#midTicks += normal(random) * volatilityTicks + pull;
    this.bestBid = Math.round(this.#midTicks) - Math.floor(spreadTicks / 2);
    this.bestAsk = this.bestBid + spreadTicks;
    const bids = this.#side(this.#bids, this.bestBid, -1, depth);
    const asks = this.#side(this.#asks, this.bestAsk, 1, depth);
    const update = {
      bids: changes(this.#bids, bids),
      asks: changes(this.#asks, asks),
      taker: this.#taker(takerProbability, takerMaxLots),
    };
    this.#bids = bids;
    this.#asks = asks;
    this.sequence += 1;
    return update;
  }

  /** Milliseconds until the next update. */
  nextIntervalMillis(): number {
    const isBurst = this.#random() < this.#settings.burstProbability;
    const jitter = this.#random();
    return isBurst ? 2 * jitter : this.#settings.updateIntervalMs * (0.5 + jitter);
  }

  #side(previous: ReadonlyMap<number, number>, best: number, direction: 1 | -1, depth: number) {
    const levels = new Map<number, number>();
    for (let level = 0; level < depth; level += 1) {
      const price = best + direction * level;
      const changed = this.#random() < LEVEL_CHANGE_PROBABILITY;
      const lots = 1 + Math.floor(this.#random() * MAX_LEVEL_LOTS);
      levels.set(price, changed ? lots : (previous.get(price) ?? lots));
    }
    return levels;
  }

  #taker(probability: number, maxLots: number): Taker | undefined {
    const comes = this.#random() < probability;
    const side: Side = this.#random() < 0.5 ? 'buy' : 'sell';
    const lots = 1 + Math.floor(this.#random() * maxLots);
    return comes ? { side, lots } : undefined;
  }
}

function changes(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): Level[] {
  const changed: Level[] = [];
  for (const price of before.keys()) if (!after.has(price)) changed.push([price, 0]);
  for (const [price, lots] of after) if (before.get(price) !== lots) changed.push([price, lots]);
  return changed;
}
