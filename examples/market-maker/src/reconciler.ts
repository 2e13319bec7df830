import { setTimeout as sleep } from 'node:timers/promises';
import type { Instruction, OpenOrdersResponse } from '@tickscope-examples/sim-exchange/wire';
import { settle } from './desk.js';
import type { Log } from './log.js';
import type { OrderStream } from './order-stream.js';
import type { OrderTracker } from './order-tracker.js';
import type { Venue } from './venue.js';

/** Longer than the venue takes: a request that failed here must have ended there before it is asked about. */
const SETTLING_MS = 250;
const STREAM_TIMEOUT_MS = 2000;
const MAX_ROUNDS = 20;
const ROUND_PAUSE_MS = 150;

/** Brings the tracker and the venue to agreement after lost answers, and takes everything off the book. */
export class Reconciler {
  readonly #tracker: OrderTracker;
  readonly #venue: Venue;
  readonly #stream: OrderStream;
  readonly #log: Log;
  #clearing: Promise<void> | undefined;

  constructor(tracker: OrderTracker, venue: Venue, stream: OrderStream, log: Log) {
    this.#tracker = tracker;
    this.#venue = venue;
    this.#stream = stream;
    this.#log = log;
  }

  /** Clears up instructions without an answer, in the background; a call during another joins it. */
  clearUp(): Promise<void> {
    this.#clearing ??= this.#clearUp().finally(() => {
      this.#clearing = undefined;
    });
    return this.#clearing;
  }

  /**
   * Cancels everything until the venue says that nothing is open. No ticks may run meanwhile.
   * Returns false when it gave up.
   */
  async cancelAll(): Promise<boolean> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (round > 0) await sleep(ROUND_PAUSE_MS);
      await Promise.all(this.#cancelBySymbol());
      await this.clearUp();
      const open = await this.#openOrders();
      if (!open) continue;
      const { orphans, ghosts } = this.#tracker.compare(open.orders);
      if (orphans.length > 0) this.#log('warn', 'unknown orders at the venue', { count: orphans.length });
      for (const orphan of orphans) this.#tracker.adopt(orphan);
      if (ghosts.length === 0 && open.orders.length === 0) return true;
    }
    this.#log('error', 'orders may be left at the venue', { live: this.#tracker.live().length });
    return false;
  }

  #cancelBySymbol(): Promise<void>[] {
    const bySymbol = new Map<string, Instruction[]>();
    for (const order of this.#tracker.live()) {
      if (this.#tracker.isBusy(order.clientId)) continue;
      const instructions = bySymbol.get(order.symbol) ?? [];
      instructions.push(this.#tracker.cancel(order));
      bySymbol.set(order.symbol, instructions);
    }
    return [...bySymbol].map(async ([symbol, instructions]) => {
      const [first] = instructions;
      const reply =
        instructions.length === 1 && first.op === 'cancel'
          ? await this.#venue.cancel(symbol, first)
          : await this.#venue.batch({ symbol, instructions });
      const problem = settle(this.#tracker, instructions, reply);
      if (problem) this.#log('warn', problem.message, { symbol, ...problem.fields });
    });
  }

  async #clearUp(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && this.#tracker.unclear().length > 0; round += 1) {
      await sleep(SETTLING_MS);
      const unclear = this.#tracker.unclear();
      if (!(await this.#openOrders())) continue;
      const lost = this.#tracker.neverArrived(unclear);
      if (lost > 0) this.#log('info', 'instructions never arrived', { count: lost });
    }
  }

  /** The venue's open orders, with the order stream handled up to them; undefined when that failed. */
  async #openOrders(): Promise<OpenOrdersResponse | undefined> {
    const reply = await this.#venue.openOrders();
    if (reply.outcome !== 'ok') return undefined;
    return (await this.#stream.reached(reply.body.sequence, STREAM_TIMEOUT_MS)) ? reply.body : undefined;
  }
}
