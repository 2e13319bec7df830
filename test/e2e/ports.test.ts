import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type Child, freePort } from '@tickscope-test/support';
import { expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

/** What docker/prometheus/prometheus.yml scrapes. */
const DEFAULT_PORT = 9464;

test('without a configured port a bot serves on 9464 or, where that is taken, on a later one', async () => {
  await using bots = await startTwo();
  const [first, second] = bots.ports;
  expect(first).toBeGreaterThanOrEqual(DEFAULT_PORT);
  expect(second).toBeGreaterThan(first);
  // Whoever else holds the default port on this machine, nobody holds a hundred.
  expect(second).toBeLessThan(DEFAULT_PORT + 100);
});

test('containers scrape under whatever name they know the host by; the page is for this machine', async () => {
  await using bot = startBot('default-port', { args: [String(await freePort())] });
  const port = await portOf(bot);
  expect(await statusOf(port as number, '/metrics', 'host.docker.internal:9464')).toBe(200);
  expect(await statusOf(port as number, '/health', 'host.docker.internal:9464')).toBe(200);
  expect(await statusOf(port as number, '/dashboard', 'rebound.example')).toBeGreaterThanOrEqual(400);
  expect(await statusOf(port as number, '/api/snapshot', 'rebound.example')).toBeGreaterThanOrEqual(400);
});

test('a configured port that is taken is not replaced: one warning, no server, and the bot goes on', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await using _closing = closing(holder);
  await using bot = startBot('default-port', { args: [String(port)] });
  expect(await portOf(bot)).toBeUndefined();
  bot.endInput();
  expect(await bot.waitForExit()).toEqual({ code: 0, signal: null });
  expect(bot.stderr.match(/TickscopeWarning/g)).toHaveLength(1);
  expect(bot.stderr).toContain(String(port));
});

async function startTwo() {
  const first = startBot('default-port');
  const firstPort = (await portOf(first)) as number;
  const second = startBot('default-port');
  const secondPort = (await portOf(second)) as number;
  return {
    ports: [firstPort, secondPort] as const,
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}

async function portOf(bot: Child): Promise<number | undefined> {
  const { address } = JSON.parse((await bot.waitForLine(/^\{"address".*$/))[0]);
  return address === null ? undefined : Number(new URL(address).port);
}

/** fetch() does not let its caller choose the Host header. */
function statusOf(port: number, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

function closing(server: Server): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))) };
}
