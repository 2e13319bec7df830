import { OtlpReceiverProcess, pollUntil, type ReceivedSpan } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getSnapshot, startBot } from '../bots/start-bot.js';

interface Account {
  readonly traceId: string;
  readonly style: 'lap' | 'callback';
  readonly innerMillis: number;
  readonly outerMillis: number;
  readonly trips: readonly string[];
  readonly failed: boolean;
}

let receiver: OtlpReceiverProcess;
let accounts: Account[];
let deadlineMs: number;
let traces: Map<string, ReceivedSpan[]>;

beforeAll(async () => {
  receiver = await OtlpReceiverProcess.start();
  await using bot = startBot('mixed', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
  await bot.waitForLine(/"done"/, 60_000);
  const lines = bot.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  deadlineMs = lines[0].deadlineMs;
  accounts = lines.filter((line) => 'traceId' in line);
  const { address } = lines[0];
  await pollUntil(
    async () => Object.values((await getSnapshot(address)).ledger.inFlight).every((n) => n === 0),
    {
      description: 'everything recorded to be exported or counted',
    },
  );
  const { exported } = (await getSnapshot(address)).ledger;
  await receiver.waitForSpans((spans) => spans.length >= exported);
  bot.endInput();
  expect(await bot.waitForExit()).toEqual({ code: 0, signal: null });
  traces = receiver.traces();
}, 120_000);
afterAll(() => receiver[Symbol.asyncDispose]());

test('every body is OTLP/JSON to the letter', () => {
  expect(receiver.problems).toEqual([]);
  expect(new Set(receiver.requests.map((request) => request.headers['content-type']))).toEqual(
    new Set(['application/json']),
  );
});

test('spans carry the resource', () => {
  for (const span of receiver.spans)
    expect(span.resource).toMatchObject({ 'service.name': 'mixed', 'deployment.environment.name': 'test' });
});

test('no span comes twice', () => {
  expect(new Set(receiver.spans.map((span) => span.spanId)).size).toBe(receiver.spans.length);
});

describe('which ticks have a trace', () => {
  const keptBy = (account: Account) => rootOf(account.traceId)?.attributes['tickscope.kept_by'] ?? [];

  test('every miss, by the bot’s own clock, and nothing that was in time', () => {
    const late = accounts.filter((account) => account.innerMillis > deadlineMs);
    const inTime = accounts.filter((account) => account.outerMillis < deadlineMs);
    // Between its reads inside and outside of the tick the bot does not know; that is rarely where the deadline is.
    expect(accounts.length - late.length - inTime.length).toBeLessThan(accounts.length / 100);
    expect(late.length).toBeGreaterThan(30);
    expect(late.filter((account) => !keptBy(account).includes('deadline_miss'))).toEqual([]);
    expect(inTime.filter((account) => keptBy(account).includes('deadline_miss'))).toEqual([]);
  });

  test('every guard trip', () => {
    const tripped = accounts.filter((account) => account.trips.length > 0);
    expect(tripped.length).toBeGreaterThan(100);
    expect(tripped.filter((account) => !keptBy(account).includes('guard_trip'))).toEqual([]);
  });

  test('every failure', () => {
    const failed = accounts.filter((account) => account.failed);
    expect(failed.length).toBeGreaterThan(30);
    expect(failed.filter((account) => !keptBy(account).includes('failure'))).toEqual([]);
    for (const { traceId } of failed)
      expect(rootOf(traceId)).toMatchObject({ status: { code: 2, message: 'Error: rejected by the venue' } });
  });

  test('the ratio’s share, whatever else is true of a tick', () => {
    const chosen = accounts.filter((account) => keptBy(account).includes('ratio')).length;
    // Five standard deviations: one false alarm in 1.7 million runs.
    const deviation = Math.sqrt(accounts.length * 0.2 * 0.8);
    expect(Math.abs(chosen - accounts.length * 0.2)).toBeLessThan(5 * deviation);
  });

  test('no other', () => {
    const known = new Set(accounts.map((account) => account.traceId));
    expect([...traces.keys()].filter((traceId) => !known.has(traceId))).toEqual([]);
    for (const traceId of traces.keys())
      expect(rootOf(traceId)?.attributes['tickscope.kept_by']).not.toEqual([]);
  });

  test('only the ratio’s share can be extrapolated from', () => {
    for (const account of accounts) {
      const root = rootOf(account.traceId);
      if (!root) continue;
      const hasThreshold = /(^|[,;])ot=([^,]*;)?th:/.test(root.traceState);
      expect(hasThreshold, root.traceState).toBe(keptBy(account).includes('ratio'));
    }
  });
});

describe('what a trace looks like', () => {
  test('lap style: stages follow one another to the nanosecond, within the root', () => {
    const laps = kept('lap');
    expect(laps.length).toBeGreaterThan(100);
    for (const { root, spans } of laps) {
      const stages = spans.filter((span) => span !== root);
      expect(stages.map((span) => span.name)).toEqual(['fetch_md', 'spread', 'guards', 'emit']);
      let previousEnd = root.startUnixNano;
      for (const stage of stages) {
        expect(stage.parentSpanId).toBe(root.spanId);
        expect(stage.startUnixNano >= previousEnd, `${stage.name} starts before the one before it ends`).toBe(
          true,
        );
        expect(stage.endUnixNano >= stage.startUnixNano).toBe(true);
        previousEnd = stage.endUnixNano;
      }
      expect(root.endUnixNano >= previousEnd).toBe(true);
    }
  });

  test('starts are not rounded to the millisecond', () => {
    const rounded = receiver.spans.filter((span) => span.startUnixNano % 1_000_000n === 0n);
    expect(rounded.length).toBeLessThan(receiver.spans.length / 100);
  });

  test('callback style: a stage’s parent is the handle that was called', () => {
    const trees = new Set(kept('callback').map(({ spans }) => tree(spans)));
    const whole = 'tick_total(fetch_md(book) spread guards(position) emit)';
    expect([...trees]).toEqual([whole]);
  });

  test('callback style: every span lies within its parent', () => {
    for (const { spans } of kept('callback')) {
      const byId = new Map(spans.map((span) => [span.spanId, span]));
      for (const span of spans) {
        const parent = byId.get(span.parentSpanId);
        if (!parent) continue;
        expect(span.startUnixNano >= parent.startUnixNano && span.endUnixNano <= parent.endUnixNano).toBe(
          true,
        );
      }
    }
  });

  test('the root’s length lies between the bot’s own clock reads inside and outside the tick', () => {
    for (const { root, account } of kept('lap')) {
      const millis = Number(root.endUnixNano - root.startUnixNano) / 1e6;
      // Both ends are rounded to the nanosecond.
      expect(millis).toBeGreaterThanOrEqual(account.innerMillis - 2e-6);
      expect(millis).toBeLessThanOrEqual(account.outerMillis + 2e-6);
    }
  });
});

function rootOf(
  traceId: string,
): (Omit<ReceivedSpan, 'attributes'> & { attributes: { 'tickscope.kept_by'?: string[] } }) | undefined {
  return traces.get(traceId)?.find((span) => span.parentSpanId === '') as ReturnType<typeof rootOf>;
}

function kept(style: Account['style']) {
  return accounts.flatMap((account) => {
    const spans = traces.get(account.traceId);
    if (account.style !== style || !spans) return [];
    const ordered = [...spans].sort((a, b) => Number(a.startUnixNano - b.startUnixNano));
    return [
      { account, spans: ordered, root: spans.find((span) => span.parentSpanId === '') as ReceivedSpan },
    ];
  });
}

/** `parent(child child)`, children in the order in which the exporter sent them. */
function tree(spans: readonly ReceivedSpan[], parentSpanId = ''): string {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .map((span) => {
      const children = tree(spans, span.spanId);
      return children === '' ? span.name : `${span.name}(${children})`;
    })
    .join(' ');
}
