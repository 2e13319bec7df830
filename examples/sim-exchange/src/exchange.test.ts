import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Exchange, startExchange } from './exchange.js';
import { type Fault, loadScenario, type Scenario } from './scenario.js';
import type { MarketMessage, PrivateMessage, TruthJson } from './wire.js';

const calm = loadScenario(new URL('../scenarios/calm.json', import.meta.url));
const fast: Scenario = {
  ...calm,
  symbols: ['A', 'B'],
  market: { ...calm.market, updateIntervalMs: 5, takerProbability: 0 },
  latency: { ...calm.latency, medianMs: 1 },
};

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(scenario: Scenario, seed = 7): Promise<Exchange> {
  const exchange = await startExchange(scenario, seed, 0);
  cleanUps.push(() => exchange.close());
  return exchange;
}

/** Connects and subscribes; `until` resolves with all messages so far when one of them satisfies the predicate. */
async function subscribe(exchange: Exchange, path: string, symbols: readonly string[] = fast.symbols) {
  const socket = new WebSocket(exchange.address.replace('http', 'ws') + path);
  cleanUps.push(() => socket.terminate());
  const messages: (MarketMessage | PrivateMessage)[] = [];
  let check = () => {};
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    check();
  });
  await once(socket, 'open');
  if (path === '/market') socket.send(JSON.stringify({ op: 'subscribe', symbols }));
  const until = (predicate: (all: readonly (MarketMessage | PrivateMessage)[]) => boolean) =>
    new Promise<(MarketMessage | PrivateMessage)[]>((resolve) => {
      check = () => {
        if (predicate(messages)) resolve([...messages]);
      };
      check();
    });
  return { socket, messages, until };
}

const truthOf = async (exchange: Exchange) =>
  (await (await fetch(`${exchange.address}/truth`)).json()) as TruthJson;
const post = (exchange: Exchange, path: string, body?: unknown) =>
  fetch(exchange.address + path, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const placeFarBuy = { op: 'place', instructionId: 1, clientId: 'a', side: 'buy', lots: 1 };
const withFault = (fault: Fault): Scenario => ({ ...fast, faults: [fault] });

function deltasOf(messages: readonly (MarketMessage | PrivateMessage)[], symbol: string) {
  return messages.flatMap((message) =>
    message.type === 'delta' && message.symbol === symbol ? [message] : [],
  );
}

test('two exchanges with one seed send the same updates, with another seed others', async () => {
  const record = async (seed: number) => {
    const exchange = await start(fast, seed);
    const { until } = await subscribe(exchange, '/market', ['A']);
    const messages = await until((all) => deltasOf(all, 'A').length >= 20);
    return deltasOf(messages, 'A')
      .slice(0, 20)
      .map(({ sequence, bids, asks }) => ({ sequence, bids, asks }));
  };
  const first = await record(7);
  expect(await record(7)).toEqual(first);
  expect(await record(8)).not.toEqual(first);
});

test('after a snapshot, sequence numbers are dense; a gap leaves one out and is counted', async () => {
  const exchange = await start(withFault({ kind: 'gap', firstAtMs: 200 }));
  const { until } = await subscribe(exchange, '/market');
  const jumps = (all: readonly (MarketMessage | PrivateMessage)[]) =>
    fast.symbols.flatMap((symbol) => {
      const sequences = deltasOf(all, symbol).map(({ sequence }) => sequence);
      return sequences.slice(1).map((sequence, index) => sequence - sequences[index]);
    });
  const messages = await until((all) => jumps(all).some((jump) => jump !== 1));
  expect(jumps(messages).filter((jump) => jump !== 1)).toEqual([2]);
  expect((await truthOf(exchange)).market.gaps).toBe(1);
});

test('a freeze silences open connections and not new ones', async () => {
  const exchange = await start(withFault({ kind: 'freeze', firstAtMs: 100, durationMs: 60_000 }));
  const frozen = await subscribe(exchange, '/market');
  for (;;) {
    if ((await truthOf(exchange)).market.freezes === 1) break;
  }
  // What was sent before the freeze may still arrive, and arrives before the answer to a ping.
  frozen.socket.ping();
  await once(frozen.socket, 'pong');
  const before = frozen.messages.length;
  const fresh = await subscribe(exchange, '/market');
  await fresh.until((all) => deltasOf(all, 'A').length >= 5);
  expect(frozen.messages.length).toBe(before);
  expect(frozen.socket.readyState).toBe(WebSocket.OPEN);
});

test('a disconnect cuts the stream that it names', async () => {
  const exchange = await start(withFault({ kind: 'disconnect', stream: 'market', firstAtMs: 50 }));
  const orders = await subscribe(exchange, '/private');
  const market = await subscribe(exchange, '/market');
  await once(market.socket, 'close');
  expect(orders.socket.readyState).toBe(WebSocket.OPEN);
  expect((await truthOf(exchange)).market.disconnects).toEqual({ market: 1, private: 0 });
});

test('over the budget a request is answered 429 with headers, and is not executed', async () => {
  const exchange = await start({ ...fast, rateLimit: { requestsPerSecond: 0.1, burst: 1 } });
  const first = await fetch(`${exchange.address}/time`);
  expect(first.headers.get('x-ratelimit-remaining')).toBe('0');
  const batch = { symbol: 'A', instructions: [{ ...placeFarBuy, priceTicks: 1 }] };
  const second = await post(exchange, '/batch', batch);
  expect(second.status).toBe(429);
  expect(Number(second.headers.get('x-ratelimit-reset-ms'))).toBeGreaterThan(0);
  const truth = await truthOf(exchange);
  expect(truth.requests).toEqual({ 'GET time': { ok: 1 }, 'POST batch': { rate_limited: 1 } });
  expect(truth.rejects).toEqual({});
});

test('place, cancel and open orders agree with the private stream and with the truth', async () => {
  const exchange = await start(fast);
  const stream = await subscribe(exchange, '/private');
  const market = await subscribe(exchange, '/market');
  const [snapshot] = await market.until(([first]) => first !== undefined);
  await post(exchange, '/control/pause');
  const { symbol, bids } = snapshot as Extract<MarketMessage, { type: 'snapshot' }>;
  const place = { ...placeFarBuy, priceTicks: bids[0][0] - 200 };
  expect(await (await post(exchange, '/orders', { symbol, instructions: [place] })).json()).toEqual({
    results: [{ instructionId: 1, clientId: 'a', status: 'done' }],
  });
  const open = (await (await fetch(`${exchange.address}/open-orders`)).json()) as { orders: unknown[] };
  expect(open.orders).toMatchObject([{ clientId: 'a', remainingLots: 1 }]);
  const cancel = `${exchange.address}/orders?symbol=${symbol}&clientId=a&instructionId=2`;
  expect((await fetch(cancel, { method: 'DELETE' })).status).toBe(200);
  await fetch(cancel, { method: 'DELETE' });
  const messages = await stream.until((all) => all.length >= 4);
  expect(messages.map(({ type }) => type)).toEqual(['market', 'accepted', 'cancelled', 'rejected']);
  expect(await truthOf(exchange)).toMatchObject({
    halted: true,
    requests: {
      'POST orders': { ok: 1 },
      'DELETE orders': { ok: 1, rejected: 1 },
      'GET open_orders': { ok: 1 },
    },
    orders: { placed: 1, cancelled: 1, open: 0 },
    rejects: { unknown_order: 1 },
  });
});

test.each([
  ['no JSON', '{'],
  ['an unknown symbol', { symbol: 'Z', instructions: [{ ...placeFarBuy, priceTicks: 1 }] }],
  ['no instructions', { symbol: 'A', instructions: [] }],
  ['a fractional price', { symbol: 'A', instructions: [{ ...placeFarBuy, priceTicks: 1.5 }] }],
])('a batch with %s is answered 400', async (_what, body) => {
  const exchange = await start(fast);
  const response = await fetch(`${exchange.address}/batch`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect((await truthOf(exchange)).requests).toEqual({ 'POST batch': { http_error: 1 } });
});

test('requests are failed and dropped at the rate that the scenario names, and counted as such', async () => {
  const http = { errorProbability: 0.5, dropProbability: 0.5 };
  const exchange = await start({ ...fast, http });
  const seen = { errors: 0, drops: 0 };
  for (let index = 0; index < 40; index += 1) {
    try {
      const { status } = await fetch(`${exchange.address}/time`);
      expect(status).toBe(503);
      seen.errors += 1;
    } catch {
      seen.drops += 1;
    }
  }
  const { requests } = await truthOf(exchange);
  expect(requests['GET time']).toEqual({ http_error: seen.errors, dropped: seen.drops });
  expect(seen.errors).toBeGreaterThan(5);
  expect(seen.drops).toBeGreaterThan(5);
});
