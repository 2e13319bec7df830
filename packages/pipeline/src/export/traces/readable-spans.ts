/** Records as the spans that OpenTelemetry's exporters take. */
import { type SpanContext, SpanKind, type TraceState } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import type { ApiSpanRecord, LateSpanRecord, SpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeepReason } from '../../protocol.js';
import { RecordedSpan } from './recorded-span.js';
import { exportable, rootAttributes, rootStatus, spanAttributes, spanStatus } from './span-attributes.js';
import { supplementSpan } from './span-supplements.js';
import { SpanClock } from './span-time.js';
import { traceFlagsOf, traceStateOf } from './tick-context.js';

const TICK_SPAN_NAME = 'tick_total';

const NO_EVENTS: TimedEvent[] = [];

/**
 * The root `tick_total` first, then the tick's spans in order of start. A span whose parent a per-tick limit
 * dropped becomes a child of the root, so that the trace stays one tree.
 */
export function toReadableSpans(
  tick: TickRecord,
  keptBy: readonly KeepReason[],
  resource: Resource,
  supplements: readonly ApiSpanRecord[] = [],
): ReadableSpan[] {
  const clock = clockOf(tick.originUnixNanos);
  const traceFlags = traceFlagsOf(tick);
  const traceState = traceStateOf(tick);
  const contexts: SpanContext[] = [];
  const contextOf = (index: number) => {
    const context = spanContext(tick.traceId, tick.spanId(index), traceFlags, traceState);
    contexts[index] = context;
    return context;
  };
  const root = contextOf(0);
  const spans: ReadableSpan[] = [
    new RecordedSpan({
      name: TICK_SPAN_NAME,
      kind: SpanKind.INTERNAL,
      context: root,
      parent: remoteParentContext(tick),
      startTime: clock.toHrTime(tick.startMillis),
      endTime: clock.toHrTime(tick.endMillis),
      status: rootStatus(tick),
      attributes: rootAttributes(tick, keptBy),
      events: tick.events.length === 0 ? NO_EVENTS : tick.events.map((event) => timedEvent(event, clock)),
      resource,
    }),
  ];
  for (const span of tick.spans) {
    const parent = contexts[span.parentIndex] ?? root;
    spans.push(childSpan(span, contextOf(span.index), parent, clock, resource));
  }
  for (const supplement of supplements) {
    const index = tick.spans.findIndex((span) => span.index === supplement.parentIndex);
    // A span that a per-tick limit left out: its root stands in, as a parent.
    const target = supplement.parentIndex === 0 ? 0 : index + 1;
    spans[target] = supplementSpan(spans[target], supplement, clock);
  }
  return spans;
}

/** A span that ended after its tick, or one without a tick, the root of a trace of its own. */
export function lateReadableSpan(
  late: LateSpanRecord,
  keptBy: readonly KeepReason[],
  resource: Resource,
): ReadableSpan {
  const clock = clockOf(late.originUnixNanos);
  const traceFlags = traceFlagsOf(late);
  const traceState = traceStateOf(late);
  const { span } = late;
  const context = spanContext(late.traceId, late.spanId(span.index), traceFlags, traceState);
  if (late.isStandalone) {
    const root = childSpan(span, context, undefined, clock, resource);
    root.attributes['tickscope.kept_by'] = [...keptBy];
    return root;
  }
  const parent = spanContext(late.traceId, late.spanId(span.parentIndex), traceFlags, traceState);
  return childSpan(span, context, parent, clock, resource);
}

let latestClock: { readonly originUnixNanos: bigint; readonly clock: SpanClock } | undefined;

/** The anchor hardly ever changes. */
function clockOf(originUnixNanos: bigint): SpanClock {
  if (latestClock?.originUnixNanos !== originUnixNanos) {
    latestClock = { originUnixNanos, clock: new SpanClock(originUnixNanos) };
  }
  return latestClock.clock;
}

function childSpan(
  span: SpanRecord,
  context: SpanContext,
  parent: SpanContext | undefined,
  clock: SpanClock,
  resource: Resource,
): ReadableSpan {
  return new RecordedSpan({
    name: span.name,
    kind: span.kind === 'request' || span.kind === 'query' ? SpanKind.CLIENT : SpanKind.INTERNAL,
    context,
    parent,
    startTime: clock.toHrTime(span.startMillis),
    endTime: clock.toHrTime(span.endMillis),
    status: spanStatus(span),
    attributes: spanAttributes(span),
    events: NO_EVENTS,
    resource,
  });
}

function timedEvent(event: TickRecord['events'][number], clock: SpanClock): TimedEvent {
  return {
    name: event.name,
    time: clock.toHrTime(event.timeMillis),
    attributes: exportable(event.attributes),
  };
}

function spanContext(
  traceId: string,
  spanId: string,
  traceFlags: number,
  traceState: TraceState | undefined,
): SpanContext {
  return traceState === undefined
    ? { traceId, spanId, traceFlags }
    : { traceId, spanId, traceFlags, traceState };
}

function remoteParentContext({ remoteParent }: TickRecord): SpanContext | undefined {
  if (remoteParent === undefined) return undefined;
  const { traceId, spanId, traceFlags } = remoteParent;
  return { traceId, spanId, traceFlags, isRemote: true };
}
