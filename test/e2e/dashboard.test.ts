import type { KeptTickJson } from '@tickscope/pipeline/protocol';
import { CHROMIUM_ARGUMENTS, type Child, chromiumPath, optionalTool } from '@tickscope-test/support';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getSnapshot, startBot } from '../bots/start-bot.js';

const executablePath = await optionalTool({
  name: 'Chromium',
  obtain: chromiumPath,
  leavesUnchecked: 'that the page works in a browser',
});

const STAGES = ['tick_total', 'fetch_md', 'spread', 'guards', 'emit'];

describe.skipIf(!executablePath)('the page in a browser', () => {
  let bot: Child;
  let address: string;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const foreignRequests: string[] = [];

  beforeAll(async () => {
    bot = startBot('mixed');
    await bot.waitForLine(/"done"/, 60_000);
    address = JSON.parse(bot.stdout.slice(0, bot.stdout.indexOf('\n'))).address;
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: [...CHROMIUM_ARGUMENTS],
    });
    page = await browser.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('response', (response) => {
      if (!response.ok()) complaints.push(`${response.status()} ${response.url()}`);
    });
    page.on('request', (request) => {
      if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== address)
        foreignRequests.push(request.url());
    });
    await page.goto(`${address}/dashboard`);
  });
  afterAll(async () => {
    await browser?.close();
    await bot?.[Symbol.asyncDispose]();
  });

  test('shows every stage with its count', async () => {
    const { stages } = await getSnapshot(address);
    for (const stage of STAGES) {
      const row = page
        .getByRole('row')
        .filter({ has: page.getByText(stage, { exact: true }) })
        .first();
      await row.waitFor();
      const count = stages.find((summary) => summary.stage === stage)?.count ?? 0;
      expect(((await row.textContent()) ?? '').replaceAll(/[,\u202f\u00a0 ’']/g, '')).toContain(
        String(count),
      );
    }
  });

  test('plots percentiles', async () => {
    const plot = page.locator('canvas').first();
    await plot.waitFor();
    const { width, height } = (await plot.boundingBox()) ?? { width: 0, height: 0 };
    expect(Math.min(width, height)).toBeGreaterThan(50);
  });

  test('opens the waterfall of a tick that missed its deadline', async () => {
    await page.getByRole('button', { name: /^deadline miss/ }).click();
    await page.getByRole('button', { name: /^deadline miss/, pressed: true }).waitFor();
    const rows = page.getByRole('row').filter({ hasText: 'deadline miss' });
    await rows.first().click();

    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await dialog.textContent()).toMatch(/over its deadline of 2(\.0)? ms/);
    const spans = dialog.locator('.waterfall summary').filter({ has: page.locator('.bar-span') });
    const names = await spans.locator('.wf-name').allInnerTexts();
    expect(names[0]).toBe('tick_total');
    expect(names).toEqual(expect.arrayContaining(STAGES));
    for (const bar of await spans.locator('.bar-span').all())
      expect((await bar.boundingBox())?.width).toBeGreaterThan(0);

    const traceId = /#tick=([0-9a-f]{32})$/.exec(page.url())?.[1];
    const tick = (await (await fetch(`${address}/api/ticks/${traceId}`)).json()) as KeptTickJson;
    expect(tick.spans.length + 1).toBe(names.length);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('the browser has nothing to complain about, and asks nobody but the bot', () => {
    expect(complaints).toEqual([]);
    expect(foreignRequests).toEqual([]);
  });
});
