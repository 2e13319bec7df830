/** What the bot, or an instrumentation, added to a tick's own span through OpenTelemetry's API. */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { ApiSpanRecord } from '@tickscope/core/internal';
import { linkOf, timedEventOf } from './api-readable-span.js';
import { RecordedApiSpan } from './recorded-span.js';
import { exportableApi } from './span-attributes.js';
import type { SpanClock } from './span-time.js';

const UNSET = 0;

/** Tickscope's own attributes and a failure that it saw stand; everything else is added. */
export function supplementSpan(
  span: ReadableSpan,
  supplement: ApiSpanRecord,
  clock: SpanClock,
): ReadableSpan {
  const { statusCode: code, statusMessage: message } = supplement;
  const isDecided = span.status.code !== UNSET || code === UNSET;
  return new RecordedApiSpan(
    {
      name: span.name,
      kind: span.kind,
      context: span.spanContext(),
      parent: span.parentSpanContext,
      startTime: span.startTime,
      endTime: span.endTime,
      status: isDecided ? span.status : message === '' ? { code } : { code, message },
      attributes: { ...span.attributes, ...withoutOwn(exportableApi(supplement.attributes)) },
      events: [...span.events, ...supplement.events.map((event) => timedEventOf(event, clock))],
      resource: span.resource,
    },
    {
      scope: span.instrumentationScope,
      links: [...span.links, ...supplement.links.map(linkOf)],
      dropped: {
        attributes: span.droppedAttributesCount + supplement.droppedAttributes,
        events: span.droppedEventsCount + supplement.droppedEvents,
        links: span.droppedLinksCount + supplement.droppedLinks,
      },
    },
  );
}

function withoutOwn(attributes: Attributes): Attributes {
  const isOwn = (key: string) => key === 'symbol' || key.startsWith('tickscope.');
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !isOwn(key)));
}
