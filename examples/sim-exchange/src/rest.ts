import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBatch } from './instruction-reading.js';
import { drawLatencyMillis } from './latency.js';
import type { Market } from './market.js';
import type { Matching } from './matching.js';
import type { PrivateJournal } from './private-journal.js';
import { type Random, randomStream } from './random.js';
import type { RateBudget } from './rate-budget.js';
import type { Scenario } from './scenario.js';
import type { Truth } from './truth.js';
import type { BatchResponse, OpenOrdersResponse, SeenOutcome, TimeResponse } from './wire.js';

const MAX_BODY_BYTES = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly outcome: SeenOutcome;
}

interface Call {
  readonly verb: string;
  readonly api: string;
  /** Selects the random stream: the n-th call of an API for a symbol always meets the same fate. */
  readonly symbol: string;
  readonly execute: () => Answer;
}

/** The trading API: every request is limited, delayed, sometimes failed, and counted once. */
export class Rest {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #matching: Matching;
  readonly #journal: PrivateJournal;
  readonly #budget: RateBudget;
  readonly #truth: Truth;
  readonly #isHalted: () => boolean;
  readonly #fates = new Map<string, Random>();

  constructor(options: {
    readonly scenario: Scenario;
    readonly seed: number;
    readonly markets: ReadonlyMap<string, Market>;
    readonly matching: Matching;
    readonly journal: PrivateJournal;
    readonly budget: RateBudget;
    readonly truth: Truth;
    readonly isHalted: () => boolean;
  }) {
    this.#scenario = options.scenario;
    this.#seed = options.seed;
    this.#markets = options.markets;
    this.#matching = options.matching;
    this.#journal = options.journal;
    this.#budget = options.budget;
    this.#truth = options.truth;
    this.#isHalted = options.isHalted;
  }

  /** Answers a request of the trading API; false when it is none. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    const arrivedAt = performance.now();
    const verb = request.method ?? 'GET';
    const body = verb === 'POST' ? await readJson(request) : undefined;
    const call = this.#route(verb, url, body);
    if (call === undefined) return false;

    if (!this.#budget.take(arrivedAt)) {
      const body = { error: 'too many requests' };
      this.#answer(call, response, { status: 429, body, outcome: 'rate_limited' });
      return true;
    }
    const fate = this.#fate(call);
    const latency = drawLatencyMillis(this.#scenario.latency, fate);
    const failure = this.#isHalted() ? undefined : this.#failure(fate);
    const until = (millis: number) => sleep(arrivedAt + millis - performance.now());
    await until(latency / 2);
    const answer: Answer =
      failure === 'http_error' || failure === 'drop_unprocessed'
        ? { status: 503, body: { error: 'service unavailable' }, outcome: 'http_error' }
        : call.execute();
    await until(latency);
    if (failure === 'drop_unprocessed' || failure === 'drop_processed') {
      this.#truth.request(call.verb, call.api, 'dropped');
      response.destroy();
    } else {
      this.#answer(call, response, answer);
    }
    return true;
  }

  #route(verb: string, url: URL, body: unknown): Call | undefined {
    const symbol = url.searchParams.get('symbol') ?? '';
    switch (`${verb} ${url.pathname}`) {
      case 'GET /time':
        return { verb, api: 'time', symbol, execute: () => ok({ exchangeMillis: Date.now() }) };
      case 'GET /open-orders':
        return { verb, api: 'open_orders', symbol, execute: () => ok(this.#openOrders(symbol)) };
      case 'DELETE /orders': {
        const clientId = url.searchParams.get('clientId') ?? '';
        const instructionId = Number(url.searchParams.get('instructionId') ?? 0);
        const batch = { symbol, instructions: [{ op: 'cancel', instructionId, clientId }] };
        return { verb, api: 'orders', symbol, execute: () => this.#execute(batch) };
      }
      case 'POST /orders':
      case 'POST /batch': {
        const api = url.pathname.slice(1);
        return { verb, api, symbol: readBatch(body)?.symbol ?? '', execute: () => this.#execute(body) };
      }
      default:
        return undefined;
    }
  }

  #openOrders(symbol: string): OpenOrdersResponse {
    return { orders: this.#matching.open(symbol || undefined), sequence: this.#journal.sequence };
  }

  #execute(body: unknown): Answer {
    const batch = readBatch(body);
    const market = batch && this.#markets.get(batch.symbol);
    if (!batch || !market) {
      const error = 'expected { symbol, instructions } with a known symbol and 1 to 50 instructions';
      return { status: 400, body: { error }, outcome: 'http_error' };
    }
    const results = batch.instructions.map((instruction) => this.#matching.execute(instruction, market));
    const isRejected = results.some(({ status }) => status === 'rejected');
    return { ...ok({ results }), outcome: isRejected ? 'rejected' : 'ok' };
  }

  #fate(call: Call): Random {
    const name = `request:${call.verb} ${call.api}:${call.symbol}`;
    const existing = this.#fates.get(name);
    if (existing) return existing;
    const created = randomStream(this.#seed, name);
    // Unknown symbols come from outside: they must not grow the map.
    if (call.symbol === '' || this.#markets.has(call.symbol)) this.#fates.set(name, created);
    return created;
  }

  #failure(fate: Random): 'http_error' | 'drop_unprocessed' | 'drop_processed' | undefined {
    const { errorProbability, dropProbability } = this.#scenario.http;
    const draw = fate();
    if (draw < errorProbability) return 'http_error';
    if (draw < errorProbability + dropProbability / 2) return 'drop_unprocessed';
    return draw < errorProbability + dropProbability ? 'drop_processed' : undefined;
  }

  #answer(call: Call, response: ServerResponse, answer: Answer): void {
    this.#truth.request(call.verb, call.api, answer.outcome);
    if (response.destroyed) this.#truth.unreadAnswers += 1;
    sendJson(response, answer.status, answer.body, this.#budget.headers(performance.now()));
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function ok(body: TimeResponse | OpenOrdersResponse | BatchResponse): Answer {
  return { status: 200, body, outcome: 'ok' };
}

/** The body as JSON; undefined when it is not JSON or larger than the limit. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
