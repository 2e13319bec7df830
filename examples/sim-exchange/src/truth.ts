import type { RejectReason, SeenOutcome, TruthJson } from './wire.js';

/** Counts what the exchange saw, where it sees it. */
export class Truth {
  readonly orders = { placed: 0, amended: 0, cancelled: 0, filled: 0 };
  readonly fills = { count: 0, partial: 0, lots: 0 };
  readonly market = {
    updates: 0,
    snapshots: 0,
    gaps: 0,
    disconnects: { market: 0, private: 0 },
    freezes: 0,
    wideSpreads: 0,
    rateSqueezes: 0,
  };
  unreadAnswers = 0;
  slowConsumers = 0;
  readonly #requests: Record<string, Partial<Record<SeenOutcome, number>>> = {};
  readonly #rejects: Partial<Record<RejectReason, number>> = {};

  request(verb: string, api: string, outcome: SeenOutcome): void {
    const key = `${verb} ${api}`;
    this.#requests[key] ??= {};
    this.#requests[key][outcome] = (this.#requests[key][outcome] ?? 0) + 1;
  }

  reject(reason: RejectReason): void {
    this.#rejects[reason] = (this.#rejects[reason] ?? 0) + 1;
  }

  toJson(run: Pick<TruthJson, 'seed' | 'scenario' | 'halted'>, openOrders: number): TruthJson {
    return {
      ...run,
      requests: this.#requests,
      orders: { ...this.orders, open: openOrders },
      rejects: this.#rejects,
      fills: this.fills,
      market: this.market,
      unreadAnswers: this.unreadAnswers,
      slowConsumers: this.slowConsumers,
    };
  }
}
