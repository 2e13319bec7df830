/** Kept ticks as the protocol shows them. */
import type { SpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeptTick } from '../kept-tick.js';
import type { KeptTickJson, KeptTickSummaryJson } from '../protocol.js';

/** @param tick its record, which is decoded once for a whole answer. */
export function summarizeTick({ keptBy, exportState }: KeptTick, tick: TickRecord): KeptTickSummaryJson {
  return {
    traceId: tick.traceId,
    startUnixMillis: Number(tick.originUnixNanos / 1000n) / 1000 + tick.startMillis,
    durationMillis: tick.endMillis - tick.startMillis,
    symbol: tick.symbol ?? null,
    loop: tick.loop ?? null,
    outcome: tick.outcome,
    missed: tick.missed,
    unfinished: tick.unfinished,
    keptBy,
    guardReasons: tick.guardReasons,
    slowestStage: slowestStage(tick.spans),
    exportState,
  };
}

/** @param lateSpans spans that ended after the tick did. */
export function describeTick(kept: KeptTick, lateSpans: readonly SpanRecord[]): KeptTickJson {
  const { tick } = kept;
  const spans = [...tick.spans, ...lateSpans];
  const indexes = new Set(spans.map(({ index }) => index));
  return {
    ...summarizeTick(kept, tick),
    deadlineMillis: tick.deadlineMillis ?? null,
    attributes: tick.attributes,
    error: tick.error ?? null,
    // A per-tick limit may have dropped the parent; as in the exported trace, the root stands in for it.
    spans: spans.map((span) =>
      describeSpan(span, indexes.has(span.parentIndex) ? span.parentIndex : 0, tick),
    ),
    events: tick.events.map(({ name, timeMillis, attributes }) => ({
      name,
      timeMillis: timeMillis - tick.startMillis,
      attributes,
    })),
    rootSpanId: tick.spanId(0),
  };
}

function describeSpan(
  span: SpanRecord,
  parentIndex: number,
  tick: TickRecord,
): KeptTickJson['spans'][number] {
  return {
    spanId: tick.spanId(span.index),
    parentSpanId: tick.spanId(parentIndex),
    name: span.name,
    kind: span.kind,
    startMillis: span.startMillis - tick.startMillis,
    durationMillis: span.endMillis - span.startMillis,
    unfinished: span.unfinished,
    error: span.error ?? null,
    attributes:
      span.requestOutcome === undefined
        ? span.attributes
        : { ...span.attributes, outcome: span.requestOutcome },
  };
}

/**
 * The stage that took most of the tick itself: the time of its child stages is theirs, the time of its
 * requests is its own. Runs of a stage add up. `wait` competes too: it is where a late tick's time may be.
 */
function slowestStage(spans: readonly SpanRecord[]): string | null {
  const stages = spans.filter(({ kind }) => kind === 'stage' || kind === 'wait');
  /** By index. `coveredUntil`: how far its children reach, so that concurrent ones count once. */
  const own = new Map<number, { millis: number; coveredUntil: number; readonly endMillis: number }>();
  for (const { index, parentIndex, startMillis, endMillis } of stages) {
    own.set(index, { millis: endMillis - startMillis, coveredUntil: startMillis, endMillis });
    const parent = own.get(parentIndex);
    if (parent === undefined) continue;
    const from = Math.max(startMillis, parent.coveredUntil);
    const to = Math.min(endMillis, parent.endMillis);
    if (to <= from) continue;
    parent.millis -= to - from;
    parent.coveredUntil = to;
  }
  const byName = new Map<string, number>();
  for (const { name, index } of stages) {
    byName.set(name, (byName.get(name) ?? 0) + (own.get(index)?.millis ?? 0));
  }
  let slowest: string | null = null;
  let longest = Number.NEGATIVE_INFINITY;
  for (const [name, millis] of byName) {
    if (millis > longest) {
      slowest = name;
      longest = millis;
    }
  }
  return slowest;
}
