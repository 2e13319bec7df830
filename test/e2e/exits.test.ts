import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

const TICKS = 10_000;
const OPEN = ['OPEN-LAP', 'OPEN-START', 'OPEN-BARE'];

describe.each(['at-once', 'after-boot'])('10 000 ticks at ratio 1, ending %s', (moment) => {
  test.each([
    ['process.exit', { code: 7, signal: null }],
    ['throw', { code: 1, signal: null }],
    ['SIGTERM', { code: null, signal: 'SIGTERM' }],
    ['SIGINT', { code: null, signal: 'SIGINT' }],
    ['own-listener', { code: 5, signal: null }],
    ['own-once-listener', { code: 6, signal: null }],
    ['naturally', { code: 0, signal: null }],
  ])('by %s: every span arrives and the exit stays what it was', async (way, exit) => {
    await using receiver = await OtlpReceiverProcess.start();
    await using bot = startBot('exiting', {
      args: [way, moment],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
    });
    expect(await bot.waitForExit(40_000)).toEqual(exit);
    if (way === 'throw') expect(bot.stderr).toContain('Error: the bot is broken');

    // The receiver's own process may still be handing on what it had acknowledged before the bot ended.
    await receiver.waitForSpans((spans) => countRoots(spans) === TICKS + OPEN.length);
    expect(receiver.problems).toEqual([]);
    const finished = [...receiver.traces().values()].filter((trace) => !OPEN.includes(symbolOf(trace)));
    expect(finished).toHaveLength(TICKS);
    expect(finished.filter((trace) => trace.length !== 5)).toEqual([]);
    expect(new Set(receiver.spans.map((span) => span.traceId + span.spanId)).size).toBe(
      receiver.spans.length,
    );
    expect(openTicks(receiver.traces())).toEqual({
      'OPEN-LAP': 'tick_total (unfinished) fetch_md',
      'OPEN-START': 'tick_total (unfinished) fetch_md (unfinished) book (unfinished)',
      'OPEN-BARE': 'tick_total (unfinished)',
    });
  });
});

function countRoots(spans: readonly ReceivedSpan[]): number {
  return spans.filter((span) => span.parentSpanId === '').length;
}

function symbolOf(trace: readonly ReceivedSpan[]): string {
  return String(trace.find((span) => span.parentSpanId === '')?.attributes.symbol);
}

/** By symbol: the spans in order of start, and which of them had not ended. */
function openTicks(traces: ReadonlyMap<string, readonly ReceivedSpan[]>): Record<string, string> {
  const open: Record<string, string> = {};
  for (const trace of traces.values()) {
    const symbol = symbolOf(trace);
    if (!OPEN.includes(symbol)) continue;
    open[symbol] = trace
      .map(({ name, attributes }) =>
        attributes['tickscope.unfinished'] === true ? `${name} (unfinished)` : name,
      )
      .join(' ');
  }
  return open;
}
