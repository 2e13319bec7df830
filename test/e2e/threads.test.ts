import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { OtlpReceiverProcess, pollUntil, type ReceivedSpan } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { getHealth, getSnapshot, ThreadedBot } from '../bots/start-bot.js';

const STAGES = ['fetch_md', 'emit'] as const;
const MAIN = {
  service: 'threads',
  stages: STAGES,
  sampleRatio: 1,
  maxKeptSpansPerSecond: 10_000_000,
  prometheus: { port: 0 },
  flushTimeoutMs: 20_000,
};
/** What a thread has to say for itself; the rest it takes from the pipeline. */
const THREAD = { stages: STAGES };

describe('several trading threads', () => {
  test('are one process to the outside: one port, exact counts, every trace, one ledger', async () => {
    await using receiver = await OtlpReceiverProcess.start();
    await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
    await bot.order({ do: 'register', options: MAIN });
    const threads = [];
    for (const ticks of [1_000, 2_000, 3_000]) threads.push(await bot.start(THREAD, ticks));
    await bot.order({ do: 'ticks', count: 500 });
    const address = await bot.address();
    for (const thread of threads) expect(await bot.tell(thread, { do: 'address' })).toBe(address);
    await settle(address, 6_500);
    expect(await metric(address, 'mm_ticks_total')).toBe(6_500);
    expect(await metric(address, 'mm_stage_duration_ms_count')).toBe(6_500 * 3);

    await receiver.waitForSpans((spans) => spans.length === 6_500 * 3);
    expect(receiver.problems).toEqual([]);
    expect(receiver.traces().size).toBe(6_500);
    expect(new Set(receiver.spans.map((span) => span.traceId + span.spanId)).size).toBe(6_500 * 3);
    expect(new Set(receiver.spans.map(({ resource }) => resource['service.name']))).toEqual(
      new Set(['threads']),
    );
    const { threads: running } = await getSnapshot(address);
    expect(running.map(({ threadId }) => threadId).sort()).toEqual([0, ...threads]);
    expect(bot.child.stderr).toBe('');
  });

  test('are read from the start while the main thread and they are busy', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    const address = await bot.address();
    const thread = await bot.start(THREAD, 100, true);
    await bot.post(thread, { do: 'register' }, { do: 'spin', millis: 8_000 });
    // Not awaited: the bot is stopped when everything has been seen.
    bot.order({ do: 'spin', millis: 8_000 }).catch(() => {});
    const { threads } = await pollUntil(async () => {
      const snapshot = await getSnapshot(address);
      return sum(snapshot.ticksByOutcome) === 100 && snapshot;
    });
    expect(threads.map(({ threadId }) => threadId)).toEqual([0, thread]);
    expect(bot.answers, 'the main thread came back').toBeLessThan(bot.orders);
  });

  test('started before register() find the pipeline all the same', async () => {
    await using bot = new ThreadedBot();
    const early = await bot.start(THREAD, 100, true);
    await bot.order({ do: 'register', options: MAIN });
    await bot.tell(early, { do: 'register' });
    const address = await bot.address();
    expect(await bot.tell(early, { do: 'address' })).toBe(address);
    await settle(address, 100);
    expect(bot.child.stderr).toBe('');
  });

  test('share the pipeline of one of them where the main thread does not register', async () => {
    await using bot = new ThreadedBot();
    const threads = [];
    for (let index = 0; index < 3; index++) threads.push(await bot.start(MAIN, 200));
    const addresses = await Promise.all(threads.map((thread) => bot.tell(thread, { do: 'address' })));
    expect(new Set(addresses).size).toBe(1);
    await settle(addresses[0] as string, 600);
    expect(bot.child.stderr).toBe('');
  });
});

test('a main thread that registers after another thread makes a second pipeline, and says so', async () => {
  await using bot = new ThreadedBot();
  const thread = await bot.start(MAIN, 10);
  const first = await bot.tell(thread, { do: 'address' });
  await bot.order({ do: 'register', options: MAIN });
  expect(await bot.address()).not.toBe(first);
  await bot.child.waitForLine(/TickscopeWarning: thread 0 has started a second pipeline in this process/);
});

describe('options of a further thread', () => {
  test('that the pipeline was started with otherwise are named in a warning; its own may differ', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    const address = await bot.address();
    const thread = await bot.start({
      service: 'threads',
      stages: ['other'],
      deadlineMs: 5,
      sampleRatio: 0.5,
      prometheus: { port: 9 },
      exportQueue: { maxSpans: 4_096 },
    });
    const [, settings, id] = await bot.child.waitForLine(
      /TickscopeWarning: (.*): of thread (\d+) not in effect/,
    );
    expect(settings.split(', ').sort()).toEqual(['exportQueue.maxSpans', 'prometheus.port']);
    expect(Number(id)).toBe(thread);
    expect(await bot.tell(thread, { do: 'address' })).toBe(address);
    const { threads } = await getSnapshot(address);
    expect(threads.map(({ sampleRatio }) => sampleRatio)).toEqual([1, 0.5]);
  });

  test('mode and ratio are set for the thread that sets them', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    const thread = await bot.start(THREAD);
    await bot.tell(thread, { do: 'mode', mode: 'metrics' });
    await bot.tell(thread, { do: 'ticks', count: 50 });
    await bot.order({ do: 'ticks', count: 10 });
    const address = await bot.address();
    const { threads, keptTicks } = await settle(address, 60);
    expect(threads.map(({ mode }) => mode)).toEqual(['full', 'metrics']);
    expect(keptTicks).toBe(10);
  });
});

describe('a thread that ends', () => {
  test.each(['leave', 'exit', 'terminate'] as const)(
    'by %s leaves its counts, and its open tick as unfinished',
    async (way) => {
      await using receiver = await OtlpReceiverProcess.start();
      await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
      await bot.order({ do: 'register', options: MAIN });
      const address = await bot.address();
      const [ending, staying] = [await bot.start(THREAD, 1_000), await bot.start(THREAD, 500)];
      await bot.tell(ending, { do: 'open', symbol: 'OPEN' });
      if (way === 'terminate') await bot.order({ do: 'terminate', thread: ending });
      else await bot.tell(ending, { do: way });
      await bot.order({ do: 'await-exit', thread: ending });
      await bot.tell(staying, { do: 'ticks', count: 250 });

      const { threads, openTicks, stuck } = await settle(address, 1_750, { threads: 2 });
      expect(threads.map(({ threadId }) => threadId)).toEqual([0, staying]);
      expect({ openTicks, stuck }).toEqual({ openTicks: 0, stuck: [] });
      expect(await metric(address, 'mm_ticks_total')).toBe(1_750);
      await receiver.waitForSpans((spans) => spans.length === 1_750 * 3 + 2);
      const open = receiver.spans.filter(({ attributes }) => attributes.symbol === 'OPEN');
      expect(open.map(({ attributes }) => attributes['tickscope.unfinished'])).toEqual([true]);
    },
  );

  test('at once after registering is counted', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    for (let index = 0; index < 3; index++) {
      const thread = await bot.start(THREAD, 10);
      await bot.tell(thread, { do: 'exit' });
    }
    await settle(await bot.address(), 30, { threads: 1 });
  });

  test('that owns the pipeline delivers what the others have recorded, and they are told', async () => {
    await using receiver = await OtlpReceiverProcess.start();
    await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
    const owner = await bot.start({ ...MAIN, holdBackMs: 10_000 }, 100);
    await bot.tell(owner, { do: 'address' });
    const other = await bot.start(THREAD, 100);
    await bot.tell(other, { do: 'address' });
    await bot.tell(owner, { do: 'exit' });
    await receiver.waitForSpans((spans) => spans.length === 600);
    await bot.child.waitForLine(new RegExp(`TickscopeWarning: thread ${other} is no longer recorded`));
  });

  test('by shutdown() closes its own lane only, and may register again', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    const address = await bot.address();
    const thread = await bot.start(THREAD, 100);
    await bot.tell(thread, { do: 'shutdown' });
    await bot.tell(thread, { do: 'ticks', count: 7 });
    await bot.order({ do: 'ticks', count: 10 });
    await settle(address, 110, { threads: 1 });
    await bot.tell(thread, { do: 'register' });
    expect(await bot.tell(thread, { do: 'address' })).toBe(address);
    await settle(address, 210, { threads: 2 });
  });

  test('as the one that owns the pipeline, by shutdown(), ends it for all', async () => {
    await using bot = new ThreadedBot();
    await bot.order({ do: 'register', options: MAIN });
    await bot.address();
    const thread = await bot.start(THREAD, 100);
    await bot.tell(thread, { do: 'address' });
    await bot.order({ do: 'shutdown' });
    await bot.child.waitForLine(/TickscopeWarning: thread \d+ is no longer recorded/);
    expect(await bot.tell(thread, { do: 'flush' })).toBe(null);
    expect(await bot.tell(thread, { do: 'ticks', count: 1 })).toBe(null);
  });
});

test('flush() of a further thread resolves when its spans have arrived', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
  await bot.order({ do: 'register', options: { ...MAIN, holdBackMs: 10_000 } });
  const thread = await bot.start({ ...THREAD, flushTimeoutMs: 20_000 }, 100);
  await bot.tell(thread, { do: 'flush' });
  await receiver.waitForSpans((spans) => spans.length === 300);
});

test('a pipeline worker that dies is replaced with all lanes, those of ended threads included', async () => {
  await using bot = new ThreadedBot();
  await bot.order({ do: 'register', options: MAIN });
  const address = await bot.address();
  const ended = await bot.start(THREAD, 300);
  await bot.tell(ended, { do: 'leave' });
  await settle(address, 300, { threads: 1 });
  const running = [await bot.start(THREAD, 100), await bot.start(THREAD, 100)];
  await settle(address, 500, { threads: 3 });

  await bot.order({ do: 'ticks', count: 50 });
  await bot.order({ do: 'kill-pipeline' });
  for (const thread of running) await bot.tell(thread, { do: 'ticks', count: 10 });
  const late = await bot.start(THREAD, 1_000);
  const { threads } = await settle(address, 1_570, { threads: 4 });
  expect(threads.map(({ threadId }) => threadId).sort()).toEqual([0, ...running, late].sort());
  await bot.tell(late, { do: 'leave' });
  await settle(address, 1_570, { threads: 3 });
});

test('a pipeline worker that dies too often is given up: the threads are told, and the exit stays what it was', async () => {
  await using bot = new ThreadedBot();
  await bot.order({ do: 'register', options: MAIN });
  const thread = await bot.start(THREAD, 10);
  await settle(await bot.address(), 10);
  for (let times = 0; times < 6; times++) await bot.order({ do: 'kill-pipeline' });
  await bot.child.waitForLine(new RegExp(`TickscopeWarning: thread ${thread} is no longer recorded`));
  bot.child.write(`${JSON.stringify({ do: 'exit' })}\n`);
  expect(await bot.child.waitForExit()).toEqual({ code: 0, signal: null });
  expect(bot.child.stderr).not.toMatch(/Error/);
});

test('process.exit() in the main thread delivers all lanes, ticks open in two threads included', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
  await bot.order({ do: 'register', options: { ...MAIN, holdBackMs: 10_000 } });
  const thread = await bot.start(THREAD, 2_000);
  await bot.tell(thread, { do: 'open', symbol: 'OPEN-THREAD' });
  await bot.order({ do: 'open', symbol: 'OPEN-MAIN' });
  bot.child.write(`${JSON.stringify({ do: 'exit' })}\n`);
  expect(await bot.child.waitForExit()).toEqual({ code: 0, signal: null });
  await receiver.waitForSpans((spans) => countRoots(spans) === 2_002);
  const unfinished = receiver.spans.filter(
    ({ parentSpanId, attributes }) => parentSpanId === '' && attributes['tickscope.unfinished'] === true,
  );
  expect(unfinished.map(({ attributes }) => attributes.symbol).sort()).toEqual(['OPEN-MAIN', 'OPEN-THREAD']);
});

test('process.exit() delivers threads that registered while the main thread was too busy to hear of them', async () => {
  await using receiver = await OtlpReceiverProcess.start();
  await using bot = new ThreadedBot({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
  const thread = await bot.start(THREAD, 100, true);
  await bot.order({ do: 'ticks', count: 0 });
  await bot.post(thread, { do: 'register' }, { do: 'spin', millis: 3_000 });
  bot.child.write(
    [{ do: 'register', options: MAIN }, { do: 'spin', millis: 1_000 }, { do: 'exit' }]
      .map((order) => `${JSON.stringify(order)}\n`)
      .join(''),
  );
  expect(await bot.child.waitForExit()).toEqual({ code: 0, signal: null });
  await receiver.waitForSpans((spans) => spans.length === 300);
});

test('a tick that is stuck in any thread is reported, whoever ticks meanwhile', async () => {
  await using bot = new ThreadedBot();
  await bot.order({ do: 'register', options: MAIN });
  const address = await bot.address();
  const thread = await bot.start({ ...THREAD, deadlineMs: 20 });
  const traceId = await bot.tell(thread, { do: 'open', symbol: 'STUCK' });
  await bot.order({ do: 'ticks', count: 10 });
  const { health } = await pollUntil(async () => {
    const answer = await getHealth(address);
    return answer.status === 503 && answer;
  });
  expect(health.stuck).toMatchObject([{ traceId, symbol: 'STUCK', stage: 'emit', deadlineMillis: 20 }]);
});

function countRoots(spans: readonly ReceivedSpan[]): number {
  return spans.filter(({ parentSpanId }) => parentSpanId === '').length;
}

/** Waits until so many ticks are counted by so many threads and every span has its verdict. */
function settle(
  address: string,
  ticks: number,
  { threads }: { readonly threads?: number } = {},
): Promise<SnapshotJson> {
  return pollUntil(
    async () => {
      const snapshot = await getSnapshot(address);
      const { ticksByOutcome, ledger } = snapshot;
      const isCounted =
        sum(ticksByOutcome) === ticks && (threads ?? snapshot.threads.length) === snapshot.threads.length;
      if (!isCounted || sum(ledger.inFlight) > 0 || balance(snapshot) !== 0) {
        throw new Error(JSON.stringify({ ticksByOutcome, ledger, threads: snapshot.threads }));
      }
      return snapshot;
    },
    { description: `${ticks} ticks and a settled ledger` },
  );
}

function balance({ ledger }: SnapshotJson): number {
  const { recorded, exported, notExported, sampledOut, dropped, inFlight } = ledger;
  return recorded - exported - notExported - sampledOut - sum(dropped) - sum(inFlight);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

async function metric(address: string, name: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)`, 'gm'))].map((match) =>
    Number(match[1]),
  );
  return values.reduce((a, b) => a + b, 0);
}
