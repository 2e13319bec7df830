import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

interface Line {
  readonly symbol: string;
  readonly place: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly trace_flags?: string;
  readonly active_trace_id?: string | null;
  readonly active_span_id?: string | null;
  readonly current?: string | null;
}

const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];

describe.each(['per tick', 'ambient-stages'])('ambient context %s', (context) => {
  test('logs, traces and the OpenTelemetry API agree across awaits, timers and concurrent symbols', async () => {
    await using receiver = await OtlpReceiverProcess.start();
    await using bot = startBot('logging', {
      args: [context],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
    });
    await bot.waitForLine(/"done"/, 20_000);
    bot.endInput();
    expect(await bot.waitForExit()).toEqual({ code: 0, signal: null });
    await receiver.waitForSpans((spans) => roots(spans).length === SYMBOLS.length);

    const lines: Line[] = bot.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const spanIds = new Map(
      [...receiver.traces()].map(([traceId, spans]) => [traceId, spans.map((span) => span.spanId)]),
    );
    for (const root of roots(receiver.spans)) {
      const own = lines.filter((line) => line.symbol === root.attributes.symbol);
      expect(own.length).toBeGreaterThanOrEqual(3);
      for (const line of own) {
        expect(line, line.place).toMatchObject({
          trace_id: root.traceId,
          trace_flags: expect.stringMatching(/^0[13]$/),
        });
        expect(spanIds.get(root.traceId), line.place).toContain(line.span_id);
        if (line.current === undefined) continue;
        expect(line, line.place).toMatchObject({ current: root.traceId, active_trace_id: root.traceId });
        expect(spanIds.get(root.traceId), line.place).toContain(line.active_span_id);
      }
    }
    expect(new Set(roots(receiver.spans).map((root) => root.attributes.symbol))).toEqual(new Set(SYMBOLS));

    for (const line of lines.filter((line) => line.symbol === 'none'))
      expect(line).toEqual({
        symbol: 'none',
        place: line.place,
        active_trace_id: null,
        active_span_id: null,
        current: null,
      });

    const stage = receiver.spans.find((span) => span.name === 'fetch_md') as ReceivedSpan;
    const inStage = lines.filter(
      (line) => line.trace_id === stage.traceId && line.place.startsWith('in a stage'),
    );
    expect(inStage).toHaveLength(2);
    const expected = context === 'ambient-stages' ? stage.spanId : stage.parentSpanId;
    expect(inStage.map((line) => line.active_span_id)).toEqual([expected, expected]);
    const itself = lines.find((line) => line.trace_id === stage.traceId && line.place === 'the stage itself');
    expect(itself?.span_id).toBe(stage.spanId);
  });
});

function roots(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter((span) => span.parentSpanId === '');
}
