import {
  AttributeList,
  bindSpanEncoder,
  createRegion,
  DEFAULT_RECORDER_OPTIONS,
  RegionReader,
  type SpanData,
  SpanTexts,
} from '@tickscope/core/internal';
import { describe, expect, test } from 'vitest';
import type { KeptApiSpan } from '../kept-tick.js';
import { Ledger } from '../ledger.js';
import { tickRecord } from '../tick-record.test.fixture.js';
import { ApiSpans } from './api-spans.js';
import { type Decision, KeptIds } from './kept-ids.js';
import { SpanBudget } from './span-budget.js';

const SPAN: SpanData = {
  name: 'quote',
  scope: 'bot',
  kind: 0,
  traceFlags: 1,
  sequence: 9,
  spanId: '',
  traceSequence: 9,
  traceId: '',
  parentSequence: 0,
  parentIndex: 0,
  parentSpanId: '',
  parentIsRemote: false,
  tickSequence: 0,
  isAfterTick: false,
  threshold: 0,
  traceState: '',
  originUnixMicros: 1_790_000_000_000_000,
  start: 1,
  end: 2,
  statusCode: 0,
  statusMessage: '',
  attributes: undefined,
  events: undefined,
  links: undefined,
  droppedEvents: 0,
  droppedLinks: 0,
};

function setUp() {
  const region = createRegion(DEFAULT_RECORDER_OPTIONS.sizes, {
    lane: 1,
    key: Uint32Array.of(1, 2, 3, 4),
    overflow: 'drop',
  });
  const reader = new RegionReader(region.buffer);
  const encoder = bindSpanEncoder(region, new SpanTexts(region));
  const ledger = new Ledger();
  const keptIds = new KeptIds(16);
  const kept: KeptApiSpan[] = [];
  const supplements: string[] = [];
  const spans = new ApiSpans({
    readers: [reader],
    keptIds,
    budget: new SpanBudget(1_000, () => 0),
    verdicts: ledger,
    originUnixNanos: () => 0n,
    onKept: (span) => kept.push(span),
    onSupplement: ({ name }) => supplements.push(name) > 0,
  });
  const receive = () => {
    for (let frame = reader.spanRing.next(); frame !== undefined; frame = reader.spanRing.next()) {
      spans.receive(reader, frame);
    }
  };
  const decide = (sequence: number, decision: Decision) => {
    keptIds.remember(1, sequence, decision);
    spans.onDecision(reader, sequence, decision);
  };
  return { encoder, reader, spans, kept, supplements, ledger, receive, decide };
}

const { traceId, remoteParent, sampledByRatio, samplingThreshold, originUnixNanos } = tickRecord();
const TRACE = { traceId, remoteParent, sampledByRatio, samplingThreshold, originUnixNanos };
const KEPT: Decision = { keptBy: ['deadline_miss'], threshold: 0, trace: TRACE };
const SAMPLED_OUT: Decision = { keptBy: [], threshold: undefined, isSampledOut: true };

describe('a span of the API', () => {
  test('outside a tick was sampled when it began', () => {
    const { encoder, kept, receive } = setUp();
    encoder.encode(SPAN);
    receive();
    expect(kept).toMatchObject([{ span: { name: 'quote' }, trace: undefined, keptBy: ['ratio'] }]);
  });

  test('inside a tick waits for it, and is kept for its reasons', () => {
    const { encoder, kept, spans, receive, decide } = setUp();
    encoder.encode({ ...SPAN, tickSequence: 5 });
    receive();
    expect([kept.length, spans.pendingSpans]).toEqual([0, 1]);
    decide(5, KEPT);
    expect(kept).toMatchObject([{ span: { name: 'quote' }, trace: { traceId }, keptBy: ['deadline_miss'] }]);
    expect(spans.pendingSpans).toBe(0);
  });

  test('is sampled out with its tick, whichever is read first', () => {
    const { encoder, kept, spans, ledger, receive, decide } = setUp();
    encoder.encode({ ...SPAN, tickSequence: 5 });
    receive();
    decide(5, SAMPLED_OUT);
    decide(6, SAMPLED_OUT);
    encoder.encode({ ...SPAN, tickSequence: 6 });
    receive();
    expect([kept.length, spans.pendingSpans, ledger.toJson().sampledOut]).toEqual([0, 0, 2]);
  });

  test('is dropped and counted when nothing is heard of its tick', () => {
    const { encoder, spans, ledger, receive } = setUp();
    encoder.encode({ ...SPAN, tickSequence: 5 });
    encoder.encode({ ...SPAN, tickSequence: 6, isAfterTick: true });
    receive();
    spans.lookForLost();
    expect(spans.pendingSpans).toBe(2);
    spans.lookForLost();
    expect(spans.pendingSpans).toBe(0);
    expect(ledger.toJson()).toMatchObject({ dropped: { tick_not_traced: 1 }, sampledOut: 1 });
  });

  test('gives way, oldest tick first, when too much waits', () => {
    const { encoder, spans, ledger, receive, decide, kept } = setUp();
    const attributes = new AttributeList();
    const losses = { truncated() {}, omitted() {}, ignored() {} };
    attributes.set('blob', 'x'.repeat(16_000), 128, Number.POSITIVE_INFINITY, losses);
    for (let sequence = 1; sequence <= 600; sequence++) {
      encoder.encode({ ...SPAN, tickSequence: sequence, attributes });
      receive();
    }
    const { pending_full } = ledger.toJson().dropped;
    expect(pending_full).toBeGreaterThan(50);
    expect(spans.pendingSpans + pending_full).toBe(600);
    decide(1, KEPT);
    decide(600, KEPT);
    expect(kept).toHaveLength(1);
  });

  test('or what is added to a tick’s own span, goes where the tick waits', () => {
    const { encoder, supplements, ledger, receive, decide } = setUp();
    encoder.supplement({ ...SPAN, name: 'event', tickSequence: 5, sequence: 5, parentSequence: 5 });
    encoder.supplement({ ...SPAN, name: 'event', tickSequence: 6, sequence: 6, parentSequence: 6 });
    receive();
    decide(5, KEPT);
    decide(6, SAMPLED_OUT);
    expect(supplements).toEqual(['event']);
    expect(ledger.toJson().sampledOut).toBe(0);
  });
});
