import { readFileSync } from 'node:fs';
import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { TickRecord } from '@tickscope/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeepReason } from '../../protocol.js';
import { lateSpan, ORIGIN_UNIX_NANOS, spanRecord, tickRecord } from '../../tick-record.test.fixture.js';
import { lateReadableSpan, toReadableSpans } from './readable-spans.js';

const RESOURCE = resourceFromAttributes({ 'service.name': 'mm-bot' });
const read = (tick: TickRecord, keptBy: readonly KeepReason[] = ['ratio']) =>
  toReadableSpans(tick, keptBy, RESOURCE);
const toNanos = ([seconds, nanos]: HrTime) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

/** One line a span, indented under its parent: name, start and duration in nanoseconds of the tick. */
function tree(spans: readonly ReadableSpan[]): string {
  const origin = toNanos(spans[0].startTime);
  const lines: string[] = [];
  const print = (span: ReadableSpan, depth: number) => {
    const start = toNanos(span.startTime) - origin;
    lines.push(`${'  '.repeat(depth)}${span.name} ${start} +${toNanos(span.duration)}`);
    for (const child of spans) {
      if (child.parentSpanContext?.spanId === span.spanContext().spanId) print(child, depth + 1);
    }
  };
  print(spans[0], 0);
  return lines.join('\n');
}

test('a tick becomes one tree, exact to the nanosecond', () => {
  const tick = tickRecord({
    startMillis: 5000.000001,
    endMillis: 5012.345679,
    spans: [
      spanRecord({ kind: 'wait', name: 'wait', index: 1, startMillis: 5000.000001, endMillis: 5000.25 }),
      spanRecord({ name: 'fetch_md', index: 2, startMillis: 5000.25, endMillis: 5001.000043 }),
      spanRecord({ name: 'guards', index: 3, startMillis: 5001.000043, endMillis: 5001.000185 }),
      spanRecord({
        name: 'position',
        index: 4,
        parentIndex: 3,
        startMillis: 5001.000043,
        endMillis: 5001.000184,
      }),
      spanRecord({ name: 'emit', index: 5, startMillis: 5001.000185, endMillis: 5012.3 }),
      spanRecord({
        kind: 'request',
        name: 'POST orders',
        index: 6,
        parentIndex: 5,
        startMillis: 5001.1,
        endMillis: 5012.2,
      }),
    ],
  });
  const spans = read(tick);
  expect(tree(spans)).toBe(
    [
      'tick_total 0 +12345678',
      '  wait 0 +249999',
      '  fetch_md 249999 +750043',
      '  guards 1000042 +142',
      '    position 1000042 +141',
      '  emit 1000184 +11299815',
      '    POST orders 1099999 +11100000',
    ].join('\n'),
  );
  expect(toNanos(spans[0].startTime)).toBe(ORIGIN_UNIX_NANOS + 5_000_000_001n);
});

test('the root says what the tick was and why it was kept', () => {
  const [root] = read(
    tickRecord({
      loop: 'hedge',
      outcome: 'guard',
      missed: true,
      unfinished: true,
      droppedRecords: 3,
      attributes: { inventory: 1.5, symbol: 'not this', 'tickscope.outcome': 'nor this' },
    }),
    ['deadline_miss', 'guard_trip'],
  );
  expect(root.name).toBe('tick_total');
  expect(root.kind).toBe(SpanKind.INTERNAL);
  expect(root.attributes).toEqual({
    inventory: 1.5,
    symbol: 'BTC-USD',
    'tickscope.loop': 'hedge',
    'tickscope.outcome': 'guard',
    'tickscope.kept_by': ['deadline_miss', 'guard_trip'],
    'tickscope.deadline_ms': 20,
    'tickscope.missed': true,
    'tickscope.unfinished': true,
    'tickscope.dropped_records': 3,
  });
  expect(root.status).toEqual({ code: SpanStatusCode.UNSET });
  expect(root.resource).toBe(RESOURCE);
});

test('what does not apply to a tick is left out', () => {
  const [root] = read(tickRecord({ symbol: undefined, deadlineMillis: undefined }));
  expect(Object.keys(root.attributes)).toEqual([
    'tickscope.outcome',
    'tickscope.kept_by',
    'tickscope.missed',
  ]);
});

test('failures are errors with their message, on the tick and on the stage', () => {
  const [root, stage, healthy] = read(
    tickRecord({
      outcome: 'failed',
      error: 'venue closed',
      spans: [spanRecord({ error: 'venue closed' }), spanRecord({ index: 2 })],
    }),
  );
  expect(root.status).toEqual({ code: SpanStatusCode.ERROR, message: 'venue closed' });
  expect(stage.status).toEqual({ code: SpanStatusCode.ERROR, message: 'venue closed' });
  expect(healthy.status).toEqual({ code: SpanStatusCode.UNSET });
});

test('a failure without a message is an error all the same', () => {
  const [root, stage] = read(tickRecord({ outcome: 'failed', spans: [spanRecord({ error: '' })] }));
  expect(root.status).toEqual({ code: SpanStatusCode.ERROR });
  expect(stage.status).toEqual({ code: SpanStatusCode.ERROR });
});

test('guard trips are events of the root, at their time', () => {
  const [root] = read(
    tickRecord({
      events: [{ name: 'guard_trip', timeMillis: 1001.5, attributes: { reason: 'stale_book' } }],
    }),
  );
  expect(root.events).toHaveLength(1);
  expect(root.events[0]).toMatchObject({ name: 'guard_trip', attributes: { reason: 'stale_book' } });
  expect(toNanos(root.events[0].time)).toBe(ORIGIN_UNIX_NANOS + 1_001_500_000n);
});

test('requests and queries are client spans with the labels of their metrics', () => {
  const order = { verb: 'POST', api: 'orders' };
  const fills = { operation: 'select', table: 'fills' };
  const [, rejected, query, accepted] = read(
    tickRecord({
      spans: [
        spanRecord({ kind: 'request', name: 'POST orders', requestOutcome: 'rejected', attributes: order }),
        spanRecord({ kind: 'query', name: 'select fills', index: 2, attributes: fills }),
        spanRecord({ kind: 'request', name: 'GET time', index: 3, requestOutcome: 'ok' }),
      ],
    }),
  );
  expect(rejected.kind).toBe(SpanKind.CLIENT);
  expect(rejected.attributes).toEqual({ ...order, outcome: 'rejected' });
  expect(rejected.status).toEqual({ code: SpanStatusCode.ERROR, message: 'rejected' });
  expect(query.kind).toBe(SpanKind.CLIENT);
  expect(query.attributes).toEqual(fills);
  expect(accepted.status).toEqual({ code: SpanStatusCode.UNSET });
});

test('spans of an open tick are marked unfinished', () => {
  const [, stage] = read(tickRecord({ unfinished: true, spans: [spanRecord({ unfinished: true })] }));
  expect(stage.attributes).toEqual({ 'tickscope.unfinished': true });
});

test('every span of the trace is sampled, of random id, with the threshold if the ratio chose the tick', () => {
  const spans = read(
    tickRecord({ sampledByRatio: true, samplingThreshold: 0xc0000000, spans: [spanRecord()] }),
  );
  for (const span of spans) {
    expect(span.spanContext()).toMatchObject({ traceId: spans[0].spanContext().traceId, traceFlags: 3 });
    expect(span.spanContext().traceState?.serialize()).toBe('ot=th:c');
  }
});

test('a tick that was only kept for its own sake has no threshold to extrapolate from', () => {
  const [root] = read(tickRecord({ sampledByRatio: false, samplingThreshold: 0xc0000000 }), [
    'deadline_miss',
  ]);
  expect(root.spanContext().traceState).toBeUndefined();
});

test('a tick that continues a remote trace is a child of the remote span', () => {
  const remoteParent = {
    traceId: 'c'.repeat(32),
    spanId: 'd'.repeat(16),
    traceFlags: 1,
    traceState: 'ot=th:8,venue=x',
  };
  const [root, stage] = read(
    tickRecord({ remoteParent, traceId: remoteParent.traceId, spans: [spanRecord()] }),
  );
  expect(root.parentSpanContext).toEqual({
    traceId: remoteParent.traceId,
    spanId: remoteParent.spanId,
    traceFlags: 1,
    isRemote: true,
  });
  expect(root.spanContext().traceFlags).toBe(1);
  expect(root.spanContext().traceState?.serialize()).toBe('ot=th:8,venue=x');
  expect(stage.parentSpanContext).toBe(root.spanContext());
});

test('a span whose parent was dropped by a limit stays in the tree', () => {
  const spans = read(tickRecord({ droppedRecords: 1, spans: [spanRecord({ index: 9, parentIndex: 8 })] }));
  expect(spans[1].parentSpanContext).toBe(spans[0].spanContext());
});

test('numbers that JSON cannot carry are sent as strings', () => {
  const [root] = read(
    tickRecord({
      attributes: {
        nan: Number.NaN,
        infinite: -Infinity,
        huge: 1e300,
        whole: 2 ** 53,
        half: 0.5,
        flag: false,
      },
    }),
  );
  expect(root.attributes).toMatchObject({
    nan: 'NaN',
    infinite: '-Infinity',
    huge: '1e+300',
    whole: 2 ** 53,
    half: 0.5,
    flag: false,
  });
});

test('a late span is a child in the trace of its tick', () => {
  const tick = tickRecord({ samplingThreshold: 0x80000000 });
  const [root] = read(tick);
  const late = lateReadableSpan(
    lateSpan(tick, { kind: 'request', name: 'POST orders', index: 5, endMillis: 1050 }),
    ['ratio'],
    RESOURCE,
  );
  expect(late.spanContext().traceId).toBe(root.spanContext().traceId);
  expect(late.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
  expect(late.spanContext().traceState?.serialize()).toBe('ot=th:8');
  expect(toNanos(late.endTime)).toBeGreaterThan(toNanos(root.endTime));
  expect(late.attributes).not.toHaveProperty('tickscope.kept_by');
});

test('a span without a tick is the root of its own trace and says why it was kept', () => {
  const alone = lateReadableSpan(
    {
      ...lateSpan(tickRecord(), { kind: 'operation', name: 'signal_generation', index: 0 }),
      isStandalone: true,
    },
    ['ratio'],
    RESOURCE,
  );
  expect(alone.parentSpanContext).toBeUndefined();
  expect(alone.attributes).toEqual({ 'tickscope.kept_by': ['ratio'] });
});

test('stages that follow each other touch, and parents contain their children', () => {
  const steps = fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 20 });
  const start = fc.double({ min: 0, max: 2e10, noNaN: true });
  fc.assert(
    fc.property(start, steps, (startMillis, durations) => {
      let endMillis = startMillis;
      const spans = durations.map((duration, index) => {
        const from = endMillis;
        endMillis += duration;
        return spanRecord({ index: index + 1, startMillis: from, endMillis });
      });
      const [root, ...stages] = read(tickRecord({ startMillis, endMillis, spans }));
      stages.forEach((stage, index) => {
        expect(stage.startTime).toEqual(index === 0 ? root.startTime : stages[index - 1].endTime);
        expect(toNanos(stage.endTime)).toBeLessThanOrEqual(toNanos(root.endTime));
        expect(toNanos(stage.duration)).toBe(toNanos(stage.endTime) - toNanos(stage.startTime));
      });
      expect(stages.at(-1)?.endTime).toEqual(root.endTime);
      expect(stages.reduce((sum, stage) => sum + toNanos(stage.duration), 0n)).toBe(toNanos(root.duration));
    }),
  );
});

test('spans carry the name and version of the package that recorded them', () => {
  const manifest = new URL('../../../../core/package.json', import.meta.url);
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  expect(read(tickRecord())[0].instrumentationScope).toEqual({ name, version });
});
