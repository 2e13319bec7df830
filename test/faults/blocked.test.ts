import type { StuckTickJson } from '@tickscope/pipeline/protocol';
import { type Child, pollUntil } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { getHealth, startBot } from '../bots/start-bot.js';

/** After this long past the deadline nobody may still be told that all is well. */
const STUCK_WITHIN_MS = 100;

describe('the trading thread is blocked for two seconds', () => {
  test('outside ticks: /metrics answers meanwhile, counters stand still, the last tick ages', async () => {
    await using bot = startBot('blocked', { args: ['outside'] });
    const { address } = await blocked(bot);
    // What was recorded before is in the cells already; the first answer shows all of it.
    const first = await ticksCounted(address);
    const { health: younger } = await getHealth(address);
    const later = await pollUntil(async () => {
      const { health } = await getHealth(address);
      return (health.lastTickAgeMillis ?? 0) > (younger.lastTickAgeMillis ?? 0) + 500 && health;
    });
    const second = await ticksCounted(address);
    expect(bot.stdout, 'every answer came while the thread was blocked').not.toContain('unblocked');
    expect([first, second]).toEqual([100, 100]);
    expect(later.stuck).toEqual([]);
  });

  test('by ticks: counters advance', async () => {
    await using bot = startBot('blocked', { args: ['ticking'] });
    const { address } = await blocked(bot);
    const first = await ticksCounted(address);
    await pollUntil(async () => (await ticksCounted(address)) > first + 100);
    const { health } = await getHealth(address);
    expect(bot.stdout, 'every answer came while the thread was busy').not.toContain('unblocked');
    expect(health).toMatchObject({ status: 'healthy', stuck: [] });
    expect(health.lastTickAgeMillis).toBeLessThan(500);
  });

  test.each(['lap', 'start', 'callback'])(
    'inside a tick in %s style: reported as stuck, where and since when',
    async (style) => {
      await using bot = startBot('blocked', { args: [style] });
      const { address, deadlineMs, traceId, blockedSinceUnixMillis } = await blocked(bot);
      const dueUnixMillis = blockedSinceUnixMillis + deadlineMs + STUCK_WITHIN_MS;

      let lastWellAskedUnixMillis = 0;
      let found: { tick: StuckTickJson; status: number; askedUnixMillis: number } | undefined;
      while (!found) {
        const askedUnixMillis = Date.now();
        const { status, health } = await getHealth(address);
        expect(bot.stdout, 'it was never reported').not.toContain('unblocked');
        const [tick] = health.stuck;
        if (tick) found = { tick, status, askedUnixMillis };
        else lastWellAskedUnixMillis = askedUnixMillis;
      }
      expect(lastWellAskedUnixMillis).toBeLessThanOrEqual(dueUnixMillis);
      expect(found.status).toBe(503);
      expect(found.tick).toMatchObject({
        traceId,
        symbol: 'ETH-USD',
        stage: 'spread',
        deadlineMillis: deadlineMs,
      });
      // Old enough to be stuck, and no older than the answer can be.
      expect(found.tick.ageMillis).toBeGreaterThan(deadlineMs);
      expect(found.tick.ageMillis).toBeLessThan(Date.now() - blockedSinceUnixMillis + 50);

      await bot.waitForLine(/unblocked/);
      const { health } = await pollUntil(async () => {
        const answer = await getHealth(address);
        return answer.status === 200 && answer;
      });
      expect(health.stuck).toEqual([]);
    },
  );
});

async function blocked(bot: Child): Promise<{
  address: string;
  deadlineMs: number;
  traceId: string | null;
  blockedSinceUnixMillis: number;
}> {
  const start = JSON.parse((await bot.waitForLine(/^\{"address".*$/))[0]);
  return { ...start, ...JSON.parse((await bot.waitForLine(/^\{"blockedSince.*$/))[0]) };
}

async function ticksCounted(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const values = [...text.matchAll(/^mm_ticks_total\{[^}]*\} (\S+)/gm)].map((match) => Number(match[1]));
  return values.reduce((total, value) => total + value, 0);
}
