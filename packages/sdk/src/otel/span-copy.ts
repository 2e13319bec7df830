import type {
  AttributeList,
  SpanData,
  SpanEventData,
  SpanLinkData,
  SpanTime,
} from '@tickscope/core/internal';

/**
 * A span on its way into the ring, used again for the next one: it is written at once. A class whose fields are
 * assigned, because a literal of so many properties, some of them spread, took over ten times as long as the rest.
 */
export class SpanCopy implements SpanData {
  name = '';
  scope = '';
  kind = 0;
  traceFlags = 0;
  /** Ids are those of the other tracer, except what says where a supplement belongs. */
  sequence = 0;
  spanId = '';
  readonly traceSequence = 0;
  traceId = '';
  parentSequence = 0;
  parentIndex = 0;
  parentSpanId = '';
  parentIsRemote = false;
  tickSequence = 0;
  isAfterTick = false;
  readonly threshold = -1;
  traceState = '';
  originUnixMicros = 0;
  start: SpanTime = 0;
  end: SpanTime = 0;
  statusCode = 0;
  statusMessage = '';
  attributes: AttributeList | undefined = undefined;
  events: SpanEventData[] | undefined = undefined;
  links: SpanLinkData[] | undefined = undefined;
  droppedEvents = 0;
  droppedLinks = 0;
}
