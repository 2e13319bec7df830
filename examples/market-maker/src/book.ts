import type { DeltaMessage, Level, SnapshotMessage } from '@tickscope-examples/sim-exchange/wire';

/** What a message did to the book: after a `gap` it needs a snapshot, and until then deltas are `unsynced`. */
export type BookChange = 'applied' | 'gap' | 'unsynced' | 'outdated';

/** One symbol's order book, kept by sequence number. */
export class Book {
  readonly symbol: string;
  synced = false;
  tickSize = 0;
  /** Exchange clock of the last message applied, Unix milliseconds. */
  exchangeMillis = 0;
  #sequence = 0;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  applySnapshot(message: SnapshotMessage): BookChange {
    if (this.synced && message.sequence < this.#sequence) return 'outdated';
    this.#bids.clear();
    this.#asks.clear();
    write(this.#bids, message.bids);
    write(this.#asks, message.asks);
    this.tickSize = message.tickSize;
    this.#sequence = message.sequence;
    this.exchangeMillis = message.exchangeMillis;
    this.synced = true;
    return 'applied';
  }

  applyDelta(message: DeltaMessage): BookChange {
    if (!this.synced) return 'unsynced';
    if (message.sequence <= this.#sequence) return 'outdated';
    if (message.sequence !== this.#sequence + 1) {
      this.synced = false;
      return 'gap';
    }
    write(this.#bids, message.bids);
    write(this.#asks, message.asks);
    this.#sequence = message.sequence;
    this.exchangeMillis = message.exchangeMillis;
    return 'applied';
  }

  /** Highest bid; undefined while the side is empty. */
  bestBid(): Level | undefined {
    return best(this.#bids, (price, other) => price > other);
  }

  /** Lowest ask; undefined while the side is empty. */
  bestAsk(): Level | undefined {
    return best(this.#asks, (price, other) => price < other);
  }
}

function write(side: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, lots] of levels) {
    if (lots === 0) side.delete(price);
    else side.set(price, lots);
  }
}

function best(
  side: ReadonlyMap<number, number>,
  isBetter: (price: number, other: number) => boolean,
): Level | undefined {
  let found: Level | undefined;
  for (const level of side) if (found === undefined || isBetter(level[0], found[0])) found = level;
  return found;
}
