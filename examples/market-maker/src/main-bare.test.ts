import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TruthJson } from '@tickscope-examples/sim-exchange/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Child } from './demo/child.js';
import type { JournalJson } from './journal.js';
import type { ReportJson } from './report.js';

const EXCHANGE = createRequire(import.meta.url).resolve('@tickscope-examples/sim-exchange/main');
const BOT = fileURLToPath(new URL('../dist/main-bare.js', import.meta.url));

/** Everything that goes wrong in a minute of the default scenario, within seconds. */
const ROUGH = {
  ...JSON.parse(readFileSync(new URL('../../sim-exchange/scenarios/default.json', import.meta.url), 'utf8')),
  rejects: { insufficient_margin: 0.03, engine_busy: 0.03 },
  http: { errorProbability: 0.02, dropProbability: 0.04 },
  faults: [
    { kind: 'gap', firstAtMs: 300, everyMs: 400 },
    { kind: 'disconnect', stream: 'private', firstAtMs: 700 },
    { kind: 'disconnect', stream: 'market', firstAtMs: 1000 },
    { kind: 'rate_squeeze', firstAtMs: 1300, durationMs: 300, requestsPerSecond: 5 },
    { kind: 'wide_spread', firstAtMs: 1900, durationMs: 300, spreadTicks: 80 },
    { kind: 'freeze', firstAtMs: 2500, durationMs: 60_000 },
  ],
};

let folder: string;
let children: Child[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-maker-test-'));
  children = [];
});
afterEach(async () => {
  for (const child of children.reverse()) await child.stop();
  rmSync(folder, { recursive: true });
});

function spawn(name: string, script: string, args: readonly string[]): Child {
  const child = new Child(name, script, args, () => {});
  children.push(child);
  return child;
}

async function startExchange(scenario: object): Promise<string> {
  const file = join(folder, 'scenario.json');
  writeFileSync(file, JSON.stringify(scenario));
  const exchange = spawn('exchange', EXCHANGE, ['--seed', '7', '--scenario', file]);
  return String((await exchange.line(({ event }) => event === 'ready', 'ready', 10_000)).address);
}

const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const truthOf = async (exchange: string) => (await (await fetch(`${exchange}/truth`)).json()) as TruthJson;

/** The truth's outcomes as a client sees them. */
function asSeenByClient(requests: TruthJson['requests']): ReportJson['requests'] {
  return Object.fromEntries(
    Object.entries(requests).map(([name, { dropped, ...outcomes }]) => [
      name,
      dropped === undefined ? outcomes : { ...outcomes, network_error: dropped },
    ]),
  );
}

test('after a rough run the bot’s own counts equal the truth, and nothing is left at the venue', async () => {
  const exchange = await startExchange(ROUGH);
  const bot = spawn('bot', BOT, [
    ...['--exchange', exchange],
    ...['--log', join(folder, 'log.json'), '--report', join(folder, 'report.json')],
  ]);
  const silent = bot.line(({ message }) => message === 'market feed silent, reconnecting', 'frozen', 20_000);
  await bot.line(({ message }) => message === 'ready', 'ready', 10_000);
  await silent;
  const quiet = bot.line(({ message }) => message === 'quiet', 'quiet', 20_000);
  await fetch(`${exchange}/control/pause`, { method: 'POST' });
  await quiet;

  const truth = await truthOf(exchange);
  const report = read('report.json') as ReportJson;
  const log = read('log.json') as JournalJson;
  const { placed, amended, cancelled, filled } = report.orders;
  expect({ placed, amended, cancelled, filled, open: 0 }).toEqual(truth.orders);
  expect(report.orders.rejects).toEqual(truth.rejects);
  expect({
    count: report.orders.fills,
    partial: report.orders.partialFills,
    lots: report.orders.filledLots,
  }).toEqual(truth.fills);
  expect(report.requests).toEqual(asSeenByClient(truth.requests));
  expect(report.feed.gaps).toBeGreaterThanOrEqual(1);
  expect(report.feed.orderStreamReconnects).toBe(truth.market.disconnects.private);
  expect(report.feed.reconnects).toBe(truth.market.disconnects.market + report.feed.silences);

  expect(log.ticks).toHaveLength(report.ticks);
  expect(Object.keys(report.guardTrips)).toEqual(
    expect.arrayContaining(['stale_book', 'max_spread', 'rate_budget']),
  );
  expect(report.ticksByOutcome).toMatchObject({
    ok: expect.any(Number),
    guard: expect.any(Number),
    failed: expect.any(Number),
  });
});

test('on SIGTERM the bot cancels everything and exits 0, though the market goes on', async () => {
  const exchange = await startExchange({ ...ROUGH, faults: [] });
  const bot = spawn('bot', BOT, ['--exchange', exchange, '--report', join(folder, 'report.json')]);
  await bot.line(({ message }) => message === 'ready', 'ready', 10_000);
  for (;;) {
    if ((await truthOf(exchange)).orders.open > 5) break;
  }
  expect(await bot.stop()).toEqual({ code: 0, signal: null });
  const { orders } = await truthOf(exchange);
  expect(orders.open).toBe(0);
  expect((read('report.json') as ReportJson).orders.placed).toBe(orders.placed);
});

test('orders that an earlier run has left behind are cancelled at the start', async () => {
  const exchange = await startExchange({ ...ROUGH, faults: [] });
  const market = new WebSocket(`${exchange.replace('http', 'ws')}/market`);
  await once(market, 'open');
  market.send(JSON.stringify({ op: 'subscribe', symbols: ['BTC-USD'] }));
  const [data] = await once(market, 'message');
  market.terminate();
  const [[bidTicks]] = JSON.parse(String(data)).bids;
  const order = { op: 'place', instructionId: 1, side: 'buy', priceTicks: bidTicks - 200, lots: 1 };
  for (let attempt = 0; (await truthOf(exchange)).orders.open === 0; attempt += 1) {
    const instructions = [{ ...order, clientId: `old-${attempt}` }];
    const body = JSON.stringify({ symbol: 'BTC-USD', instructions });
    await fetch(`${exchange}/orders`, { method: 'POST', body }).catch(() => {});
  }
  const bot = spawn('bot', BOT, ['--exchange', exchange, '--ticks', '1']);
  expect(await bot.exited).toEqual({ code: 0, signal: null });
  expect((await truthOf(exchange)).orders.open).toBe(0);
});

test.each([
  [[], '--exchange: expected a URL, got nothing'],
  [['--exchange', 'http://127.0.0.1:1', '--ticks', '1.5'], '--ticks: expected a positive integer, got "1.5"'],
  [['--exchange', 'http://127.0.0.1:1', '--symbols', 'A,A'], '--symbols: expected distinct names, got "A,A"'],
])('%j is refused with status 2', async (args, message) => {
  const bot = spawn('bot', BOT, args);
  expect(await bot.exited).toEqual({ code: 2, signal: null });
  expect(bot.stderr).toContain(message);
});

test('without an exchange the bot says so and exits 1', async () => {
  const bot = spawn('bot', BOT, ['--exchange', 'http://127.0.0.1:1']);
  expect(await bot.exited).toEqual({ code: 1, signal: null });
  expect(bot.stderr).toContain('the exchange at http://127.0.0.1:1 does not answer: network_error');
});
