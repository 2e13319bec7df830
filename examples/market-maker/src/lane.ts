import type { GuardReason } from './guards.js';
import { Mailbox } from './mailbox.js';

/** A reason to tick, and what the bot notes down about the tick as it runs. */
export interface Update {
  readonly symbol: string;
  /** `performance.now()` at which the cause arrived; the tick is timed from here. */
  readonly receivedAt: number;
  trips: readonly GuardReason[];
  /** The last clock read of the tick itself. */
  workDoneAt: number;
  traceId: string | undefined;
}

export function updateOf(symbol: string, receivedAt: number): Update {
  return { symbol, receivedAt, trips: [], workDoneAt: receivedAt, traceId: undefined };
}

/**
 * One symbol's ticks, one after the other: what arrives during a tick waits in a mailbox, the latest only.
 * Different symbols' ticks overlap.
 */
export class Lane {
  readonly #tick: (update: Update) => Promise<void>;
  readonly #onCoalesced: (symbol: string, count: number) => void;
  readonly #mailbox = new Mailbox<Update>();
  #running: Promise<void> | undefined;
  #idleSince = performance.now();

  /** `tick` must not reject. */
  constructor(tick: (update: Update) => Promise<void>, onCoalesced: (symbol: string, count: number) => void) {
    this.#tick = tick;
    this.#onCoalesced = onCoalesced;
  }

  post(update: Update): void {
    if (this.#running === undefined) {
      this.#running = this.#run(update);
      return;
    }
    const replaced = this.#mailbox.put(update);
    if (replaced > 0) this.#onCoalesced(update.symbol, replaced);
  }

  /** Since the last tick ended; 0 while one runs. */
  idleMillis(now: number): number {
    return this.#running === undefined ? now - this.#idleSince : 0;
  }

  /** Resolves when nothing runs any more, to the update that waited and now never will run. */
  async drain(): Promise<Update | undefined> {
    const waiting = this.#mailbox.take();
    await this.#running;
    return waiting;
  }

  async #run(first: Update): Promise<void> {
    for (let update: Update | undefined = first; update; update = this.#mailbox.take()) {
      await this.#tick(update);
    }
    this.#running = undefined;
    this.#idleSince = performance.now();
  }
}
