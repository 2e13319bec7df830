import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Feed } from './feed.js';

const CONFIG = { silenceMs: 150, firstRetryMs: 10, maxRetryMs: 50 };

let server: WebSocketServer;
let feed: Feed;
let seen: string[];
let wake: () => void;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  seen = [];
  wake = () => {};
});

afterEach(() => {
  feed.close();
  for (const client of server.clients) client.terminate();
  server.close();
});

function note(line: string) {
  seen.push(line);
  wake();
}

/** Resolves when the line has been noted. */
function noted(line: string): Promise<void> {
  return new Promise((resolve) => {
    wake = () => {
      if (seen.includes(line)) resolve();
    };
    wake();
  });
}

function startFeed(config = CONFIG): Feed {
  return new Feed({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/market`,
    symbols: ['A', 'B'],
    config: config as never,
    onUpdate: (symbol) => note(`update ${symbol}`),
    onUnsynced: (symbol) => note(`unsynced ${symbol}`),
    log: () => {},
  });
}

async function connection(): Promise<{ client: WebSocket; command: () => Promise<unknown> }> {
  const [client] = (await once(server, 'connection')) as [WebSocket];
  const waiting: unknown[] = [];
  const takers: ((command: unknown) => void)[] = [];
  client.on('message', (data) => {
    const command = JSON.parse(String(data));
    const taker = takers.shift();
    if (taker) taker(command);
    else waiting.push(command);
  });
  const command = async () =>
    waiting.length > 0 ? waiting.shift() : new Promise<unknown>((resolve) => takers.push(resolve));
  return { client, command };
}

const snapshot = (symbol: string, sequence: number) =>
  JSON.stringify({
    type: 'snapshot',
    symbol,
    sequence,
    exchangeMillis: 0,
    tickSize: 0.01,
    bids: [[100, 1]],
    asks: [[105, 1]],
  });
const delta = (symbol: string, sequence: number) =>
  JSON.stringify({ type: 'delta', symbol, sequence, exchangeMillis: 0, bids: [[101, 1]], asks: [] });

test('after a gap the feed asks for a snapshot of that symbol, and goes on with it', async () => {
  const connected = connection();
  feed = startFeed({ ...CONFIG, silenceMs: 60_000 });
  const { client, command } = await connected;
  expect(await command()).toEqual({ op: 'subscribe', symbols: ['A', 'B'] });
  for (const text of [snapshot('A', 1), snapshot('B', 1), delta('A', 3), delta('A', 4)]) client.send(text);
  expect(await command()).toEqual({ op: 'snapshot', symbol: 'A' });
  client.send(snapshot('A', 4));
  client.send(delta('A', 5));
  client.send(delta('B', 2));
  client.send(snapshot('B', 9));
  await noted('update B');
  while (seen.length < 8) await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual([
    'update A',
    'update B',
    'unsynced A',
    'unsynced A',
    'update A',
    'update A',
    'update B',
    'update B',
  ]);
  expect(feed.counts).toEqual({ messages: 8, gaps: 1, reconnects: 0, silences: 0 });
});

test('a lost connection is made again, and its books are out of sync until the next snapshot', async () => {
  const first = connection();
  feed = startFeed({ ...CONFIG, silenceMs: 60_000 });
  const { client } = await first;
  client.send(snapshot('A', 1));
  await noted('update A');
  const second = connection();
  client.terminate();
  const again = await second;
  expect(feed.books.get('A')?.synced).toBe(false);
  expect(await again.command()).toEqual({ op: 'subscribe', symbols: ['A', 'B'] });
  expect(feed.counts.reconnects).toBe(1);
});

test('a connection that stays open and silent is given up', async () => {
  const first = connection();
  feed = startFeed();
  const { client } = await first;
  client.send(snapshot('A', 1));
  const second = connection();
  await second;
  expect(feed.counts).toMatchObject({ silences: 1, reconnects: 1 });
});

test('while no messages are expected, silence is no reason to reconnect', async () => {
  const first = connection();
  feed = startFeed({ ...CONFIG, silenceMs: 1 });
  feed.expectsMessages = false;
  const { client } = await first;
  // Two looks of the watch fit in here, each of which would cut the connection.
  const until = performance.now() + 250;
  while (performance.now() < until) {
    client.ping();
    await once(client, 'pong');
  }
  expect(feed.counts.silences).toBe(0);
});
