import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pollUntil } from '../poll.js';
import { debianProgram } from './debian.js';
import { optionalTool } from './optional-tool.js';
import { Prometheus } from './prometheus.js';

const program = await optionalTool({
  name: 'Prometheus',
  obtain: () => debianProgram('prometheus'),
  leavesUnchecked: 'that the tests can start and query a Prometheus server',
});

let orders = 7;
const bot = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end(
    `# TYPE orders_total counter\norders_total{side="buy"} ${orders}\norders_total{side="sell"} 5\n`,
  );
});
beforeAll(() => new Promise<void>((resolve) => void bot.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => bot.close(resolve)));

test.skipIf(!program)('a real Prometheus scrapes a target and answers queries', async () => {
  const target = `127.0.0.1:${(bot.address() as AddressInfo).port}`;
  await using prometheus = await Prometheus.start({ targets: [target], scrapeIntervalMillis: 200 });
  await prometheus.waitForScrape();
  expect(await prometheus.queryOne('sum(orders_total)')).toBe(12);
  expect(await prometheus.query('sum by (side) (orders_total)')).toEqual([
    { labels: { side: 'buy' }, value: 7 },
    { labels: { side: 'sell' }, value: 5 },
  ]);

  orders = 8;
  await pollUntil(async () => (await prometheus.queryOne('sum(orders_total)')) === 13);
  await expect(prometheus.query('sum(')).rejects.toThrow('parse error');
});
