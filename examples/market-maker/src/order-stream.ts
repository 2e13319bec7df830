import type { PrivateMessage } from '@tickscope-examples/sim-exchange/wire';
import type { Config } from './config.js';
import { Connection } from './connection.js';
import type { Log } from './log.js';

export type OrderEvent = Exclude<PrivateMessage, { readonly type: 'market' }>;

export interface OrderStreamOptions {
  /** For example `ws://127.0.0.1:40123/private`. */
  readonly url: string;
  /** The stream begins with the event after this one. */
  readonly after: number;
  readonly config: Config['feed'];
  readonly onEvent: (event: OrderEvent) => void;
  readonly onMarket: (state: 'open' | 'halted') => void;
  /** The venue no longer has the events that were missed: what is open can no longer be known from here. */
  readonly onHistoryGone: () => void;
  readonly log: Log;
}

/** The account's order events, each exactly once and in order: resumes after the last one it has seen. */
export class OrderStream {
  reconnects = 0;
  readonly #connection: Connection;
  readonly #waiting = new Set<() => void>();
  #sequence: number;

  constructor(options: OrderStreamOptions) {
    this.#sequence = options.after;
    const { url, config, onEvent, onMarket, onHistoryGone, log } = options;
    this.#connection = new Connection({
      url: () => `${url}?after=${this.#sequence}`,
      onMessage: (text) => {
        const message = JSON.parse(text) as PrivateMessage;
        if (message.sequence <= this.#sequence) return;
        this.#sequence = message.sequence;
        if (message.type === 'market') onMarket(message.state);
        else onEvent(message);
        for (const wake of this.#waiting) wake();
      },
      onLost: (reason) => {
        this.reconnects += 1;
        log('warn', 'order stream lost, resuming', { reason, after: this.#sequence });
        if (reason.startsWith('4000')) onHistoryGone();
      },
      firstRetryMs: config.firstRetryMs,
      maxRetryMs: config.maxRetryMs,
    });
  }

  /** True as soon as every event up to `sequence` has been handled, false after the time limit. */
  reached(sequence: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(result);
      };
      const check = () => {
        if (this.#sequence >= sequence) settle(true);
      };
      const timer = setTimeout(() => settle(false), timeoutMs);
      this.#waiting.add(check);
      check();
    });
  }

  close(): void {
    this.#connection.close();
  }
}
