import type { Instruction } from '@tickscope-examples/sim-exchange/wire';
import type { Book } from './book.js';
import type { Config } from './config.js';
import { Guards, type Verdict } from './guards.js';
import type { Inventory } from './inventory.js';
import type { Update } from './lane.js';
import type { Log } from './log.js';
import type { OrderTracker } from './order-tracker.js';
import { microPrice, price, type Quote, type Touch } from './pricing.js';
import { planQuotes } from './quote-plan.js';
import type { MeasuredTick, Observe } from './quoting.js';
import type { Reply, Venue } from './venue.js';
import type { VenueClock } from './venue-clock.js';

export interface MarketView {
  readonly update: Update;
  /** Absent when nobody measures. */
  readonly tick: MeasuredTick | undefined;
  readonly touch: Touch;
  readonly bookAgeMs: number;
  readonly positionLots: number;
}

/** A request that failed in a way that fails its tick. */
export class VenueError extends Error {
  override readonly name = 'VenueError';
}

/** The four stages of a tick. What they do is the same whether or not somebody measures it. */
export class Desk {
  readonly #config: Config;
  readonly #books: ReadonlyMap<string, Book>;
  readonly #clock: VenueClock;
  readonly #inventory: Inventory;
  readonly #tracker: OrderTracker;
  readonly #venue: Venue;
  readonly #guards: Guards;
  readonly #log: Log;
  readonly #onUnanswered: () => void;
  readonly #journalsTraces: boolean;

  constructor(options: {
    readonly config: Config;
    readonly books: ReadonlyMap<string, Book>;
    readonly clock: VenueClock;
    readonly inventory: Inventory;
    readonly tracker: OrderTracker;
    readonly venue: Venue;
    readonly log: Log;
    /** A request's fate is unknown: orders have to be reconciled. */
    readonly onUnanswered: () => void;
    /** Whether the id under which a tick is traced is noted down. */
    readonly journalsTraces: boolean;
  }) {
    this.#config = options.config;
    this.#books = options.books;
    this.#clock = options.clock;
    this.#inventory = options.inventory;
    this.#tracker = options.tracker;
    this.#venue = options.venue;
    this.#guards = new Guards(options.config.guards);
    this.#log = options.log;
    this.#onUnanswered = options.onUnanswered;
    this.#journalsTraces = options.journalsTraces;
  }

  fetchMarketData(update: Update, tick?: MeasuredTick): MarketView {
    const { symbol } = update;
    if (this.#journalsTraces) update.traceId = tick?.logFields().trace_id;
    const book = this.#books.get(symbol);
    const bid = book?.bestBid();
    const ask = book?.bestAsk();
    if (!book || !bid || !ask) {
      update.workDoneAt = performance.now();
      throw new VenueError(`no two-sided book for ${symbol}`);
    }
    const touch = { bid, ask };
    this.#inventory.mark(symbol, microPrice(touch), book.tickSize);
    return {
      update,
      tick,
      touch,
      bookAgeMs: this.#clock.since(book.exchangeMillis),
      positionLots: this.#inventory.position(symbol),
    };
  }

  price({ touch, positionLots }: MarketView): Quote {
    return price(touch, positionLots, this.#config.guards.maxPositionLots, this.#config.quote);
  }

  check(view: MarketView, quote: Quote): Verdict {
    const verdict = this.#guards.check(
      {
        ...view,
        requestsLeft: this.#venue.rate.estimate(performance.now()),
        profit: this.#inventory.profit(),
      },
      quote,
    );
    view.update.trips = verdict.trips;
    if (verdict.trips.length > 0) {
      const { symbol } = view.update;
      this.#log('warn', 'guard tripped', { symbol, reasons: verdict.trips, ...view.tick?.logFields() });
    }
    return verdict;
  }

  /** Brings the resting orders to the target: at most one request. @throws {VenueError} when it failed. */
  async emit({ update, tick }: MarketView, { target }: Verdict): Promise<void> {
    if (!target) return;
    const { symbol } = update;
    const instructions = planQuotes(this.#tracker, symbol, target, this.#config.quote.requoteTicks);
    if (instructions.length === 0) return;
    const reply = await this.#venue.batch({ symbol, instructions }, tick && observeBy(tick));
    const problem = settle(this.#tracker, instructions, reply);
    if (problem === undefined) return;
    const fields = { symbol, ...problem.fields, ...tick?.logFields() };
    this.#log(problem.failsTick ? 'error' : 'warn', problem.message, fields);
    if (reply.outcome === 'network_error' || reply.outcome === 'timeout') this.#onUnanswered();
    if (!problem.failsTick) return;
    update.workDoneAt = performance.now();
    throw new VenueError(problem.message);
  }

  /** The last words of a tick that did not fail. */
  finish({ update, tick }: MarketView): void {
    const { symbol, receivedAt } = update;
    const tickMs = performance.now() - receivedAt;
    if (tickMs > this.#config.deadlineMs) {
      this.#log('warn', 'deadline missed', { symbol, tickMs, ...tick?.logFields() });
    }
    update.workDoneAt = performance.now();
  }
}

function observeBy(tick: MeasuredTick): Observe {
  return (verb, api, send) => tick.exchangeRequest(verb, api, send);
}

interface Problem {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly failsTick: boolean;
}

/** Tells the tracker what became of the instructions; returns what there is to complain about. */
export function settle(
  tracker: OrderTracker,
  instructions: readonly Instruction[],
  reply: Awaited<ReturnType<Venue['batch']>>,
): Problem | undefined {
  switch (reply.outcome) {
    case 'ok':
      tracker.answered(reply.body.results);
      return undefined;
    case 'rejected': {
      tracker.answered(reply.body.results);
      const reasons = reply.body.results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason] : [],
      );
      return { message: 'orders rejected', fields: { reasons }, failsTick: false };
    }
    case 'rate_limited':
      tracker.unprocessed(instructions);
      return { message: 'rate limited', fields: {}, failsTick: false };
    case 'http_error':
      tracker.unprocessed(instructions);
      return failure(reply);
    case 'network_error':
    case 'timeout':
      tracker.unanswered(instructions);
      return failure(reply);
  }
}

function failure({ outcome, problem }: Extract<Reply<unknown>, { readonly problem: string }>): Problem {
  return { message: 'request failed', fields: { outcome, problem }, failsTick: true };
}
