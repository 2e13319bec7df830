import type { MarketCommand, MarketMessage } from '@tickscope-examples/sim-exchange/wire';
import { Book } from './book.js';
import type { Config } from './config.js';
import { Connection } from './connection.js';
import type { Log } from './log.js';

/** Looked at this often; the limit itself is `silenceMs`. */
const WATCH_INTERVAL_MS = 100;

export interface FeedOptions {
  /** For example `ws://127.0.0.1:40123/market`. */
  readonly url: string;
  readonly symbols: readonly string[];
  readonly config: Config['feed'];
  /** A book changed; `receivedAt` is the `performance.now()` of the message. */
  readonly onUpdate: (symbol: string, receivedAt: number) => void;
  /** A message came for a book that is not in sync. */
  readonly onUnsynced: (symbol: string) => void;
  readonly log: Log;
}

/**
 * Books of all symbols over one connection. Reconnects when the connection is lost, asks for a snapshot
 * after a gap, and gives up a connection that stays open but silent.
 */
export class Feed {
  readonly books: ReadonlyMap<string, Book>;
  readonly counts = { messages: 0, gaps: 0, reconnects: 0, silences: 0 };
  readonly #options: FeedOptions;
  readonly #connection: Connection;
  readonly #watch: NodeJS.Timeout;
  /** A market that is halted is silent with good reason. */
  expectsMessages = true;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.books = new Map(options.symbols.map((symbol) => [symbol, new Book(symbol)]));
    const { url, symbols, config, log } = options;
    this.#connection = new Connection({
      url: () => url,
      onOpen: (send) => send(JSON.stringify({ op: 'subscribe', symbols } satisfies MarketCommand)),
      onMessage: (text, receivedAt) => this.receive(JSON.parse(text) as MarketMessage, receivedAt),
      onLost: (reason) => {
        this.counts.reconnects += 1;
        for (const book of this.books.values()) book.synced = false;
        log('warn', 'market feed lost, reconnecting', { reason });
      },
      firstRetryMs: config.firstRetryMs,
      maxRetryMs: config.maxRetryMs,
    });
    this.#watch = setInterval(() => this.#checkSilence(), WATCH_INTERVAL_MS);
  }

  receive(message: MarketMessage, receivedAt: number): void {
    const { onUpdate, onUnsynced, log } = this.#options;
    const { symbol } = message;
    const book = this.books.get(symbol);
    if (!book) return;
    this.counts.messages += 1;
    const change = message.type === 'snapshot' ? book.applySnapshot(message) : book.applyDelta(message);
    switch (change) {
      case 'applied':
        onUpdate(symbol, receivedAt);
        break;
      case 'gap':
        this.counts.gaps += 1;
        log('warn', 'sequence gap, resyncing', { symbol, sequence: message.sequence });
        this.#connection.send(JSON.stringify({ op: 'snapshot', symbol } satisfies MarketCommand));
        onUnsynced(symbol);
        break;
      case 'unsynced':
        onUnsynced(symbol);
        break;
      case 'outdated':
    }
  }

  close(): void {
    clearInterval(this.#watch);
    this.#connection.close();
  }

  #checkSilence(): void {
    const silentMs = performance.now() - this.#connection.lastHeardAt;
    if (!this.expectsMessages || silentMs < this.#options.config.silenceMs) return;
    this.counts.silences += 1;
    this.#options.log('warn', 'market feed silent, reconnecting', { silentMs: Math.round(silentMs) });
    this.#connection.restart();
  }
}
