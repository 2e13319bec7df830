import { fileURLToPath } from 'node:url';
import { Child, OtlpReceiver, type ReceivedSpan } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

const ROUNDS = 6;

/** Runs the example bot with this main program, and returns what a backend got of it. */
async function spansOf(main: string): Promise<readonly ReceivedSpan[]> {
  await using receiver = await OtlpReceiver.start();
  const script = fileURLToPath(new URL(`../../examples/api-bot/dist/${main}.js`, import.meta.url));
  await using bot = Child.node(script, {
    args: [String(ROUNDS)],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
  });
  expect(await bot.waitForExit(30_000)).toEqual({ code: 0, signal: null });
  return receiver.spans;
}

/** Everything but ids and times, which differ from run to run: ids become the names of the spans that they mean. */
function described(spans: readonly ReceivedSpan[]): unknown[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const nameOf = (spanId: string) => (spanId === '' ? null : (byId.get(spanId)?.name ?? 'unknown'));
  return spans
    .map(({ name, kind, attributes, events, links, status, parentSpanId, scope, traceId }) => ({
      round: attributes.round ?? null,
      name,
      kind,
      attributes,
      status,
      scope,
      parent: nameOf(parentSpanId),
      siblings: spans.filter((other) => other.traceId === traceId).length,
      events: events.map((event) => [event.name, withOwnFrames(event.attributes)]),
      links: links.map((link) => [nameOf(link.spanId), byId.get(link.spanId)?.traceId === link.traceId]),
    }))
    .map((span) => JSON.stringify(span))
    .sort();
}

/** Of a stack trace what is the bot's own: below it lies whatever SDK ran it. */
function withOwnFrames(attributes: ReceivedSpan['attributes']) {
  const stack = attributes['exception.stacktrace'];
  if (typeof stack !== 'string') return attributes;
  return { ...attributes, 'exception.stacktrace': stack.split('\n').slice(0, 3) };
}

describe('a bot that knows the OpenTelemetry API alone', () => {
  test('gives the same spans when one line switches it from the stock SDK to Tickscope', async () => {
    const stock = await spansOf('main-stock');
    const own = await spansOf('main');
    expect(own).toHaveLength(ROUNDS * 2 * 4);
    expect(described(own)).toEqual(described(stock));
  });

  test('has stages that keep their order and width below a millisecond', async () => {
    const spans = await spansOf('main');
    let narrow = 0;
    for (const root of spans.filter(({ parentSpanId }) => parentSpanId === '')) {
      const children = ['fetch_md', 'spread', 'place'].map(
        (name) =>
          spans.find((span) => span.parentSpanId === root.spanId && span.name === name) as ReceivedSpan,
      );
      const times = children.flatMap(({ startUnixNano, endUnixNano }) => [startUnixNano, endUnixNano]);
      const inOrder = [root.startUnixNano, ...times, root.endUnixNano];
      expect(inOrder).toEqual([...inOrder].sort((a, b) => Number(a - b)));
      const [, spread] = children;
      expect(spread.endUnixNano).toBeGreaterThan(spread.startUnixNano);
      if (spread.endUnixNano - spread.startUnixNano < 1_000_000n) narrow++;
    }
    expect(narrow).toBeGreaterThan(0);
  });
});

describe('spans of the API inside ticks', () => {
  test('are in the traces of those that are kept, and of no other', async () => {
    await using receiver = await OtlpReceiver.start();
    await using bot = startBot('api-in-ticks', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
    });
    const line = (await bot.waitForLine(/^report (.*)$/, 30_000))[1] as string;
    const { late, ledger } = JSON.parse(line) as Report;
    const traces = groupedByTrace(receiver.spans);
    for (const traceId of late) {
      const spans = traces.get(traceId) ?? [];
      const parents = Object.fromEntries(
        spans.map((span) => [span.name, spans.find(({ spanId }) => spanId === span.parentSpanId)?.name]),
      );
      expect(parents).toEqual({
        tick_total: undefined,
        lookup: 'tick_total',
        parse: 'lookup',
        work: 'tick_total',
        inner: 'work',
      });
      const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
      expect(byName.tick_total?.events).toMatchObject([{ name: 'received', attributes: { size: [1, 2] } }]);
      expect(byName.work?.links).toEqual([{ traceId, spanId: byName.work?.spanId }]);
      expect(byName.inner?.startUnixNano).toBeGreaterThanOrEqual(byName.work?.startUnixNano as bigint);
      expect(byName.inner?.endUnixNano).toBeLessThanOrEqual(byName.work?.endUnixNano as bigint);
    }
    // A tick that was meant to be in time may be late on a busy machine, and is then kept whole.
    expect(late.length).toBe(20);
    for (const [traceId, spans] of traces) expect(spans.length, traceId).toBe(5);
    // A tick and its stage, two spans and one; those outside are not sampled, and not recorded.
    expect(ledger.recorded).toBe(200 * 5);
    expect(ledger.exported).toBe(receiver.spans.length);
    expect(ledger.exported + ledger.sampledOut).toBe(ledger.recorded);
  });
});

interface Report {
  readonly late: readonly string[];
  readonly ledger: { readonly recorded: number; readonly exported: number; readonly sampledOut: number };
}

function groupedByTrace(spans: readonly ReceivedSpan[]): Map<string, ReceivedSpan[]> {
  const traces = new Map<string, ReceivedSpan[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}
