/** Spans that were made through OpenTelemetry's API, as the spans that its exporters take. */
import { type Attributes, createTraceState, type HrTime, type SpanContext } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { ApiEventRecord, ApiLinkRecord, ApiScope, ApiSpanRecord } from '@tickscope/core/internal';
import type { KeptApiSpan } from '../../kept-tick.js';
import { RecordedApiSpan } from './recorded-span.js';
import { exportableApi } from './span-attributes.js';
import { SpanClock } from './span-time.js';
import { traceFlagsOf, traceStateOf } from './tick-context.js';
import { thresholdTraceState } from './trace-state.js';

export function apiReadableSpan({ span, trace }: KeptApiSpan, resource: Resource): ReadableSpan {
  // In a tick by its clock: what happened within a stage then lies within the stage.
  const clock = new SpanClock(trace?.originUnixNanos ?? span.originUnixNanos);
  const startTime = hrTimeOf(span.start, clock);
  const context: SpanContext = {
    traceId: trace?.traceId ?? span.traceId,
    spanId: span.spanId,
    traceFlags: trace === undefined ? span.traceFlags : traceFlagsOf(trace),
  };
  const traceState = trace === undefined ? ownTraceState(span) : traceStateOf(trace);
  if (traceState !== undefined) context.traceState = traceState;
  const { traceId, traceFlags } = context;
  return new RecordedApiSpan(
    {
      name: span.name,
      kind: span.kind,
      context,
      parent:
        span.parentSpanId === ''
          ? undefined
          : { traceId, spanId: span.parentSpanId, traceFlags, isRemote: span.parentIsRemote },
      startTime,
      endTime: notBefore(startTime, hrTimeOf(span.end, clock)),
      status:
        span.statusMessage === ''
          ? { code: span.statusCode }
          : { code: span.statusCode, message: span.statusMessage },
      attributes: exportableApi(span.attributes),
      events: span.events.map((event) => timedEventOf(event, clock)),
      resource,
    },
    {
      scope: scopeOf(span.scope),
      links: span.links.map(linkOf),
      dropped: {
        attributes: span.droppedAttributes,
        events: span.droppedEvents,
        links: span.droppedLinks,
      },
    },
  );
}

export function timedEventOf(event: ApiEventRecord, clock: SpanClock): ReadableSpan['events'][number] {
  return {
    name: event.name,
    time: hrTimeOf(event.time, clock),
    attributes: exportableApi(event.attributes),
    droppedAttributesCount: event.droppedAttributes,
  };
}

export function linkOf(link: ApiLinkRecord): ReadableSpan['links'][number] {
  const { traceId, spanId, traceFlags, isRemote, traceState } = link;
  const context: SpanContext = { traceId, spanId, traceFlags, isRemote };
  if (traceState !== '') context.traceState = createTraceState(traceState);
  const attributes: Attributes = exportableApi(link.attributes);
  return { context, attributes, droppedAttributesCount: link.droppedAttributes };
}

function hrTimeOf(time: ApiSpanRecord['start'], clock: SpanClock): HrTime {
  return typeof time === 'number' ? clock.toHrTime(time) : [time[0], time[1]];
}

/** A span that ends before it starts takes no time, as in OpenTelemetry JS. */
function notBefore(start: HrTime, end: HrTime): HrTime {
  return end[0] < start[0] || (end[0] === start[0] && end[1] < start[1]) ? start : end;
}

function ownTraceState({ threshold, traceState }: ApiSpanRecord) {
  if (threshold !== undefined) return thresholdTraceState(threshold);
  return traceState === '' ? undefined : createTraceState(traceState);
}

/** The same object for the same scope. */
const scopes = new WeakMap<ApiScope, InstrumentationScope>();

function scopeOf(scope: ApiScope): InstrumentationScope {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  const { name, version, schemaUrl } = scope;
  const made: InstrumentationScope = {
    name,
    ...(version !== '' && { version }),
    ...(schemaUrl !== '' && { schemaUrl }),
  };
  scopes.set(scope, made);
  return made;
}
