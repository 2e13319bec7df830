import type { LedgerJson } from '@tickscope/pipeline/protocol';
import { type Child, freePort, OtlpReceiverProcess, pollUntil } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { getHealth, getSnapshot, startBot } from '../bots/start-bot.js';

interface Report {
  readonly ticks: number;
  readonly medianMillis: number;
  readonly p90Millis: number;
  readonly peakRssBytes: number;
}

const SPANS_PER_TICK = 5;
const QUEUE_SPANS = 2_048;
const EXPORTING_SPANS = 4 * 256;
const MIB = 1024 * 1024;

describe.each([
  ['absent', async () => ({ endpoint: `http://127.0.0.1:${await freePort()}`, receiver: undefined })],
  [
    'hanging',
    async () => {
      const receiver = await OtlpReceiverProcess.start();
      await receiver.setMode({ kind: 'hang' });
      return { endpoint: receiver.endpoint, receiver };
    },
  ],
  [
    'answering 500',
    async () => {
      const receiver = await OtlpReceiverProcess.start();
      await receiver.setMode({ kind: 'status', status: 500 });
      return { endpoint: receiver.endpoint, receiver };
    },
  ],
  [
    'closing connections',
    async () => {
      const receiver = await OtlpReceiverProcess.start();
      await receiver.setMode({ kind: 'close' });
      return { endpoint: receiver.endpoint, receiver };
    },
  ],
])('a collector that is %s', (_name, startCollector) => {
  test('changes no tick, costs bounded memory, and every lost span is counted', async () => {
    await using good = await OtlpReceiverProcess.start();
    const { endpoint, receiver: bad } = await startCollector();
    await using _bad = bad;
    // Side by side, so that both see the same machine.
    await using spared = startBot('paced', {
      args: ['4'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: good.endpoint },
    });
    await using afflicted = startBot('paced', {
      args: ['4'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    });
    const [with200, without] = await Promise.all([reportOf(spared), reportOf(afflicted)]);

    // Loose on purpose: blocking on the network would show as a factor of ten and more.
    expect(without.medianMillis).toBeLessThan(with200.medianMillis * 1.5 + 0.1);
    expect(without.p90Millis).toBeLessThan(with200.p90Millis * 3 + 1);
    expect(without.ticks).toBeGreaterThan(with200.ticks / 2);
    expect(without.peakRssBytes - with200.peakRssBytes).toBeLessThan(64 * MIB);

    const lost = await settledLedger(afflicted, without.ticks);
    expect(lost.exported).toBe(0);
    const waiting = sum(lost.inFlight);
    expect(waiting).toBeLessThanOrEqual(QUEUE_SPANS + EXPORTING_SPANS);
    expect(sum(lost.dropped)).toBe(without.ticks * SPANS_PER_TICK - waiting);

    const delivered = await settledLedger(spared, with200.ticks);
    expect(delivered).toMatchObject({
      exported: with200.ticks * SPANS_PER_TICK,
      sampledOut: 0,
      notExported: 0,
    });
    await good.waitForSpans((spans) => spans.length >= delivered.exported);
    expect(good.spans).toHaveLength(delivered.exported);

    const beforeExit = performance.now();
    afflicted.endInput();
    // The bot allows its exit one second of flushing.
    expect(await afflicted.waitForExit(10_000)).toEqual({ code: 0, signal: null });
    expect(performance.now() - beforeExit).toBeLessThan(4_000);
    spared.endInput();
    expect(await spared.waitForExit()).toEqual({ code: 0, signal: null });
  });
});

test('a collector that hangs delays no signal beyond the flush limit', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await receiver.setMode({ kind: 'hang' });
  await using bot = startBot('paced', {
    args: ['1'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  await reportOf(bot);
  const before = performance.now();
  bot.signal('SIGTERM');
  expect(await bot.waitForExit(10_000)).toEqual({ code: null, signal: 'SIGTERM' });
  expect(performance.now() - before).toBeLessThan(4_000);
});

test('what a collector takes in part counts as lost for the rest, and health says why', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await receiver.setMode({ kind: 'partial', rejected: 3, message: 'no room' });
  await using bot = startBot('paced', {
    args: ['2'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  const { ticks } = await reportOf(bot);
  const ledger = await settledLedger(bot, ticks);
  expect(sum(ledger.inFlight)).toBe(0);
  expect(receiver.requests.length).toBeGreaterThan(1);
  expect(ledger.dropped).toMatchObject({ rejected: receiver.requests.length * 3 });
  expect(ledger.exported).toBe(ticks * SPANS_PER_TICK - sum(ledger.dropped));
  const { status, health } = await getHealth(await addressOf(bot));
  expect([status, health.status]).toEqual([200, 'degraded']);
  expect(health.lastExportFailure?.message).toMatch(/^3 of \d+ spans rejected: no room$/);
});

test('a collector that comes back gets what is recorded from then on', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await receiver.setMode({ kind: 'status', status: 503 });
  await using bot = startBot('paced', {
    args: ['5'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  await receiver.waitForRequests(2);
  await receiver.setMode({ kind: 'ok' });
  await receiver.waitForSpans((spans) => spans.length > 500, 20_000);
  const { ticks } = await reportOf(bot);
  const ledger = await settledLedger(bot, ticks);
  await receiver.waitForSpans((spans) => spans.length >= ledger.exported);
  expect(receiver.spans).toHaveLength(ledger.exported);
});

async function reportOf(bot: Child): Promise<Report> {
  return JSON.parse((await bot.waitForLine(/^\{"ticks".*$/, 30_000))[0]);
}

async function addressOf(bot: Child): Promise<string> {
  return JSON.parse((await bot.waitForLine(/^\{"address".*$/))[0]).address;
}

/** The ledger once the recorder's ring and the hold-back are empty and nothing moves any more. */
async function settledLedger(bot: Child, ticks: number): Promise<LedgerJson> {
  const address = await addressOf(bot);
  let previous = '';
  const ledger = await pollUntil(
    async () => {
      const { ledger: now } = await getSnapshot(address);
      const text = JSON.stringify(now);
      const settled = text === previous && now.inFlight.ring === 0 && now.inFlight.hold_back === 0;
      previous = text;
      return settled && now;
    },
    { timeoutMillis: 20_000, intervalMillis: 300, description: 'the ledger to settle' },
  );
  expect(ledger.recorded).toBe(ticks * SPANS_PER_TICK);
  expect(ledger.recorded).toBe(
    ledger.exported + ledger.notExported + ledger.sampledOut + sum(ledger.dropped) + sum(ledger.inFlight),
  );
  return ledger;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
