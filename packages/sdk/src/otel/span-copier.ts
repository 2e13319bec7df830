import type { TraceState } from '@opentelemetry/api';
import {
  AttributeList,
  type AttributeLosses,
  DEFAULT_SPAN_LIMITS,
  type ForeignStage,
  type ForeignTick,
  type SpanData,
  type SpanEventData,
  type SpanLinkData,
} from '@tickscope/core/internal';
import { type ForeignSpan, GUARD_EVENT, isSpanId, isTraceId, type SpanIdentity } from './foreign-span.js';
import { SpanCopy } from './span-copy.js';
import { SpanTimes } from './span-times.js';

const { attributeValueLength } = DEFAULT_SPAN_LIMITS;
/** The SDK has applied its limits; these are there for spans that have none. */
const MAX_ATTRIBUTES = 1_024;
const MAX_ENTRIES = 1_024;
const MAX_NAME_UNITS = 1_024;
const MAX_TEXT_UNITS = 16_384;
/** A frame's limit on the text of an error. */
const MAX_FRAME_ERROR_UNITS = 240;
/** What a tick's frame carries by itself. */
const ROOT_KEYS: ReadonlySet<string> = new Set(['symbol', 'deadline_ms', 'outcome', GUARD_EVENT]);
const STAGE_KEYS: ReadonlySet<string> = new Set([GUARD_EVENT]);

/** Where a span stands, as far as it was seen when it began. */
export interface SpanPlacement {
  /** The tick that it is in. */
  readonly tick: ForeignTick | undefined;
  readonly startMillis: number | undefined;
  readonly originUnixMicros: number;
}

/**
 * Copies ended spans of a stock SDK into what the span ring takes. The SDK's objects are the bot's to change as soon
 * as `onEnd` has returned, and nothing of them is kept.
 */
export class SpanCopier {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #losses: AttributeLosses;
  readonly #scopes = new WeakMap<object, string>();
  readonly #whole = new SpanCopy();
  readonly #supplement = new SpanCopy();
  #latestState: TraceState | undefined;
  #latestStateText = '';

  /** @param allowed the attributes that travel; undefined: all. */
  constructor(losses: AttributeLosses, allowed: ReadonlySet<string> | undefined) {
    this.#losses = losses;
    this.#allowed = allowed;
  }

  /** The whole span; good until the next call. @throws for one whose shape is wrong. */
  copy(span: ForeignSpan, identity: SpanIdentity, placement: SpanPlacement): SpanData {
    const { tick } = placement;
    const copy = this.#whole;
    const times = this.#fill(copy, span, placement, NOTHING, 0);
    copy.name = this.#text(span.name, MAX_NAME_UNITS);
    copy.scope = this.#scopeOf(span);
    copy.kind = Number.isInteger(span.kind) && span.kind >= 0 && span.kind <= 4 ? span.kind : 0;
    copy.traceFlags = identity.traceFlags & 0xff;
    copy.spanId = identity.spanId;
    copy.traceId = tick === undefined ? identity.traceId : '';
    copy.parentSpanId = identity.parentSpanId ?? '';
    copy.parentIsRemote = span.parentSpanContext?.isRemote === true;
    copy.isAfterTick = tick !== undefined && !tick.isOpen;
    // A tick's own goes for all of its spans.
    copy.traceState = tick === undefined ? this.#stateText(identity.traceState) : '';
    copy.start = times.start;
    copy.end = times.end;
    return copy;
  }

  /**
   * What the frame of its tick cannot carry of a tick's root or stage, good until the next call; undefined when that
   * is nothing.
   * @param stage undefined: the root.
   * @throws for a span whose shape is wrong.
   */
  supplement(
    span: ForeignSpan,
    tick: ForeignTick,
    stage: ForeignStage | undefined,
    placement: SpanPlacement,
  ): SpanData | undefined {
    const copy = this.#supplement;
    this.#fill(copy, span, placement, stage === undefined ? ROOT_KEYS : STAGE_KEYS, MAX_FRAME_ERROR_UNITS);
    const { attributes, events, links, droppedEvents, droppedLinks, statusMessage } = copy;
    const isEmpty = attributes === undefined && events === undefined && links === undefined;
    if (isEmpty && statusMessage === '' && droppedEvents + droppedLinks === 0) return undefined;
    copy.sequence = tick.sequence;
    copy.parentSequence = tick.sequence;
    copy.parentIndex = stage?.index ?? 0;
    return copy;
  }

  /** @param messageFrom a status message that is no longer than this is carried otherwise. */
  #fill(
    copy: SpanCopy,
    span: ForeignSpan,
    { tick, startMillis, originUnixMicros }: SpanPlacement,
    carried: ReadonlySet<string>,
    messageFrom: number,
  ): SpanTimes {
    const times = new SpanTimes(span, startMillis);
    copy.tickSequence = tick?.sequence ?? 0;
    copy.originUnixMicros = originUnixMicros;
    copy.attributes = this.#attributes(span.attributes, span.droppedAttributesCount, carried);
    copy.events = this.#events(span, times, carried !== NOTHING);
    copy.links = this.#links(span);
    copy.droppedEvents = countOf(span.droppedEventsCount) + excessOf(span.events);
    copy.droppedLinks = countOf(span.droppedLinksCount) + excessOf(span.links);
    const { code, message } = span.status ?? {};
    copy.statusCode = code === 1 || code === 2 ? code : 0;
    const isLong = typeof message === 'string' && message.length > messageFrom;
    copy.statusMessage = isLong ? this.#text(message, MAX_TEXT_UNITS) : '';
    return times;
  }

  #attributes(
    attributes: unknown,
    droppedCount: unknown,
    carried: ReadonlySet<string>,
  ): AttributeList | undefined {
    const dropped = countOf(droppedCount);
    if (typeof attributes !== 'object' || attributes === null) return undefined;
    let list: AttributeList | undefined;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key) || carried.has(key)) continue;
      if (this.#allowed !== undefined && !this.#allowed.has(key)) continue;
      list ??= new AttributeList();
      const value: unknown = (attributes as Record<string, unknown>)[key];
      list.set(key, value, MAX_ATTRIBUTES, attributeValueLength, this.#losses);
    }
    if (dropped > 0) {
      list ??= new AttributeList();
      list.dropped += dropped;
    }
    return list;
  }

  #events({ events }: ForeignSpan, times: SpanTimes, withoutGuards: boolean): SpanEventData[] | undefined {
    if (!Array.isArray(events) || events.length === 0) return undefined;
    const copies: SpanEventData[] = [];
    for (let index = 0; index < events.length && index < MAX_ENTRIES; index++) {
      const { name, time, attributes, droppedAttributesCount } = events[
        index
      ] as ForeignSpan['events'][number];
      if (withoutGuards && name === GUARD_EVENT) continue;
      copies.push({
        name: this.#text(name, MAX_NAME_UNITS),
        time: times.at(time),
        attributes: this.#attributes(attributes, droppedAttributesCount, NOTHING),
      });
    }
    return copies.length === 0 ? undefined : copies;
  }

  #links({ links }: ForeignSpan): SpanLinkData[] | undefined {
    if (!Array.isArray(links) || links.length === 0) return undefined;
    const copies: SpanLinkData[] = [];
    for (let index = 0; index < links.length && index < MAX_ENTRIES; index++) {
      const { context, attributes, droppedAttributesCount } = links[index] as ForeignSpan['links'][number];
      const { traceId, spanId, traceFlags, traceState, isRemote } = context;
      if (!isTraceId(traceId) || !isSpanId(spanId)) {
        this.#losses.ignored();
        continue;
      }
      copies.push({
        traceId,
        spanId,
        traceFlags: (traceFlags as number) & 0xff,
        isRemote: isRemote === true,
        traceState: this.#stateText(traceState),
        attributes: this.#attributes(attributes, droppedAttributesCount, NOTHING),
      });
    }
    return copies.length === 0 ? undefined : copies;
  }

  #text(text: unknown, maxUnits: number): string {
    if (typeof text !== 'string') {
      this.#losses.ignored();
      return '';
    }
    if (text.length <= maxUnits) return text;
    this.#losses.truncated();
    return text.slice(0, maxUnits);
  }

  /** Spans of a trace share the object, and so does every span of a bot that samples by one ratio. */
  #stateText(state: TraceState | undefined): string {
    if (state === undefined || state === null) return '';
    if (state === this.#latestState) return this.#latestStateText;
    const text: unknown = state.serialize();
    this.#latestStateText = typeof text === 'string' && text.length <= MAX_NAME_UNITS ? text : '';
    this.#latestState = state;
    return this.#latestStateText;
  }

  #scopeOf({ instrumentationScope: scope }: ForeignSpan): string {
    if (typeof scope !== 'object' || scope === null) return '';
    const known = this.#scopes.get(scope);
    if (known !== undefined) return known;
    const parts = [scope.name, scope.version, scope.schemaUrl];
    const text = parts.map((part) => (typeof part === 'string' ? this.#scopePart(part) : '')).join('\0');
    this.#scopes.set(scope, text);
    return text;
  }

  #scopePart(part: string): string {
    return this.#text(part, MAX_NAME_UNITS).replaceAll('\0', '');
  }
}

const NOTHING: ReadonlySet<string> = new Set();

function countOf(count: unknown): number {
  return typeof count === 'number' && count > 0 && count <= 0x7fff_ffff ? Math.floor(count) : 0;
}

function excessOf(entries: unknown): number {
  return Array.isArray(entries) ? Math.max(0, entries.length - MAX_ENTRIES) : 0;
}
