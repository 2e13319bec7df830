import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const ENVIRONMENT = {
  TRACEPARENT: `00-${TRACE}-${CALLER}-03`,
  TRACESTATE: 'desk=eu,ot=th:8;rv:ffffffffffffff',
  BAGGAGE: 'desk=eu%20rates',
};

/** Takes requests by path, and remembers their headers. */
async function startPeer() {
  const headers = new Map<string, IncomingHttpHeaders>();
  const server = createServer((request, response) => {
    headers.set(request.url ?? '', request.headers);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    headers,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function run(...propagateTo: string[]) {
  await using receiver = await OtlpReceiverProcess.start();
  await using peer = await startPeer();
  await using bot = startBot('handing-on', {
    args: ['main', peer.address, ...propagateTo],
    env: { ...ENVIRONMENT, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  expect(await bot.waitForExit(), bot.stderr).toEqual({ code: 0, signal: null });
  await receiver.waitForSpans((all) => ['main', 'thread', 'child'].every((symbol) => rootOf(all, symbol)));
  const lines: { from: string; baggage: string; headers: Record<string, string> }[] = bot.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { spans: [...receiver.spans], headers: peer.headers, lines, stderr: bot.stderr };
}

function rootOf(spans: readonly ReceivedSpan[], symbol: string): ReceivedSpan | undefined {
  return spans.find(({ name, attributes }) => name === 'tick_total' && attributes.symbol === symbol);
}

test('a trace goes through a thread, a child process and a request, with its tracestate and baggage', async () => {
  const { spans, headers, lines, stderr } = await run();
  expect(stderr).toBe('');
  expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
  expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set([ENVIRONMENT.TRACESTATE]));

  const main = rootOf(spans, 'main');
  const stage = spans.find(({ name }) => name === 'thread');
  expect(main?.parentSpanId).toBe(CALLER);
  expect(rootOf(spans, 'thread')?.parentSpanId).toBe(stage?.spanId);
  expect(rootOf(spans, 'child')?.parentSpanId).toBe(main?.spanId);

  const own = spans.find(({ name }) => name === 'POST own');
  expect(headers.get('/own')).toMatchObject({
    traceparent: `00-${TRACE}-${own?.spanId}-03`,
    tracestate: ENVIRONMENT.TRACESTATE,
    baggage: ENVIRONMENT.BAGGAGE,
  });

  expect(lines.map(({ from, baggage }) => [from, baggage]).sort()).toEqual([
    ['child', 'eu rates'],
    ['main', 'eu rates'],
    ['thread', 'eu rates'],
  ]);
  for (const line of lines) {
    expect(line.headers.traceparent).toBe(`00-${TRACE}-${rootOf(spans, line.from)?.spanId}-03`);
  }
});

test('nothing leaves for a host that was not named', async () => {
  for (const propagateTo of [[], ['risk.internal', '*.internal']]) {
    const { headers } = await run(...propagateTo);
    const sent = Object.keys(headers.get('/venue') ?? { traceparent: 'the venue was not called' });
    expect(sent).not.toContain('traceparent');
    expect(sent).not.toContain('tracestate');
    expect(sent).not.toContain('baggage');
  }
});

test('a named host is told', async () => {
  const { headers, spans } = await run('127.0.0.1');
  const request = spans.find(({ name }) => name === 'POST venue');
  expect(headers.get('/venue')).toMatchObject({
    traceparent: `00-${TRACE}-${request?.spanId}-03`,
    tracestate: ENVIRONMENT.TRACESTATE,
    baggage: ENVIRONMENT.BAGGAGE,
  });
});
