/** Records for tests: a plausible tick, of which a test states what matters to it. */
import type { LateSpanRecord, SpanRecord, TickRecord } from '@tickscope/core/internal';
import { type KeptTick, keptRecord } from './kept-tick.js';
import type { KeepReason } from './protocol.js';

export const ORIGIN_UNIX_NANOS = 1_790_000_000_123_456_789n;

let sequence = 0;

export function spanRecord(span: Partial<SpanRecord> = {}): SpanRecord {
  return {
    kind: 'stage',
    name: 'fetch_md',
    index: 1,
    parentIndex: 0,
    startMillis: 1000,
    endMillis: 1001,
    unfinished: false,
    error: undefined,
    requestOutcome: undefined,
    attributes: {},
    ...span,
  };
}

export function tickRecord(tick: Partial<TickRecord> = {}): TickRecord {
  const own = ++sequence;
  return {
    lane: 0,
    sequence: own,
    traceId: own.toString(16).padStart(32, 'a'),
    spanId: (index) => `${own.toString(16).padStart(8, 'b')}${index.toString(16).padStart(8, '0')}`,
    remoteParent: undefined,
    loop: undefined,
    symbol: 'BTC-USD',
    startMillis: 1000,
    beginMillis: 1000,
    endMillis: 1010,
    deadlineMillis: 20,
    outcome: 'ok',
    missed: false,
    unfinished: false,
    guardReasons: [],
    guardTripCount: 0,
    error: undefined,
    attributes: {},
    events: [],
    spans: [],
    droppedRecords: 0,
    originUnixNanos: ORIGIN_UNIX_NANOS,
    sampledByRatio: true,
    samplingThreshold: 0,
    ...tick,
  };
}

/** A tick of `spans` spans in all, root included. */
export function keptTick(spans = 1, keptBy: readonly KeepReason[] = ['ratio']): KeptTick {
  const children = Array.from({ length: spans - 1 }, (_, child) => spanRecord({ index: child + 1 }));
  return keptRecord(tickRecord({ spans: children }), keptBy);
}

export function lateSpan(tick: TickRecord, span: Partial<SpanRecord> = {}): LateSpanRecord {
  const {
    lane,
    sequence: ofTick,
    traceId,
    spanId,
    sampledByRatio,
    samplingThreshold = 0,
    originUnixNanos,
  } = tick;
  return {
    isStandalone: false,
    remoteParent: undefined,
    lane,
    sequence: ofTick,
    traceId,
    spanId,
    sampledByRatio,
    samplingThreshold,
    originUnixNanos,
    span: spanRecord(span),
  };
}
