import type {
  BatchRequest,
  BatchResponse,
  CancelInstruction,
  OpenOrdersResponse,
  TimeResponse,
} from '@tickscope-examples/sim-exchange/wire';
import { Pool } from 'undici';
import type { Config } from './config.js';
import type { Journal } from './journal.js';
import type { Observe, RequestOutcome } from './quoting.js';
import { RateView } from './rate-view.js';

export type Reply<T> =
  | { readonly outcome: 'ok' | 'rejected'; readonly body: T }
  /** Not processed: the instructions never took effect. */
  | { readonly outcome: 'rate_limited' | 'http_error'; readonly problem: string }
  /** Nobody knows whether it was processed. */
  | { readonly outcome: 'network_error' | 'timeout'; readonly problem: string };

/** The venue's REST API. Never throws: what went wrong is the reply's outcome. */
export class Venue {
  readonly rate = new RateView();
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #observe: Observe;
  readonly #journal: Journal;

  constructor(address: string, config: Config['requests'], observe: Observe, journal: Journal) {
    this.#pool = new Pool(address, { connections: config.connections, pipelining: 1 });
    this.#timeoutMs = config.timeoutMs;
    this.#observe = observe;
    this.#journal = journal;
  }

  /** @param observe sees to the request, when it belongs to a tick. */
  batch(batch: BatchRequest, observe = this.#observe): Promise<Reply<BatchResponse>> {
    return this.#call('POST', 'batch', '/batch', batch, hasRejection, observe);
  }

  cancel(symbol: string, { clientId, instructionId }: CancelInstruction): Promise<Reply<BatchResponse>> {
    const query = new URLSearchParams({ symbol, clientId, instructionId: String(instructionId) });
    return this.#call('DELETE', 'orders', `/orders?${query}`, undefined, hasRejection);
  }

  openOrders(): Promise<Reply<OpenOrdersResponse>> {
    return this.#call('GET', 'open_orders', '/open-orders');
  }

  time(): Promise<Reply<TimeResponse>> {
    return this.#call('GET', 'time', '/time');
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #call<T>(
    verb: 'GET' | 'POST' | 'DELETE',
    api: string,
    path: string,
    body?: unknown,
    isRejected: (body: T) => boolean = () => false,
    observe = this.#observe,
  ): Promise<Reply<T>> {
    return observe(verb, api, async (request) => {
      const startMillis = performance.now();
      this.rate.spend();
      const reply = await this.#send(verb, path, body, isRejected);
      request.outcome(reply.outcome);
      this.#journal.request(verb, api, reply.outcome, startMillis, performance.now());
      return reply;
    });
  }

  async #send<T>(
    verb: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: unknown,
    isRejected: (body: T) => boolean,
  ): Promise<Reply<T>> {
    try {
      const response = await this.#pool.request({
        method: verb,
        path,
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const answer = (await response.body.json()) as T;
      this.rate.update(response.headers, performance.now());
      if (response.statusCode === 200) {
        return { outcome: isRejected(answer) ? 'rejected' : 'ok', body: answer };
      }
      const outcome = response.statusCode === 429 ? 'rate_limited' : 'http_error';
      return { outcome, problem: `HTTP ${response.statusCode}` };
    } catch (error) {
      const { name, message } = error as Error;
      const outcome: RequestOutcome = name === 'TimeoutError' ? 'timeout' : 'network_error';
      return { outcome, problem: message };
    }
  }
}

function hasRejection({ results }: BatchResponse): boolean {
  return results.some(({ status }) => status === 'rejected');
}
