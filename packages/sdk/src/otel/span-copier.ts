import type { TraceState } from '@opentelemetry/api';
import {
  AttributeList,
  type AttributeLosses,
  DEFAULT_SPAN_LIMITS,
  type ForeignStage,
  type ForeignTick,
  type Recorder,
  type SpanData,
  type SpanEventData,
  type SpanLinkData,
} from '@tickscope/core/internal';
import { type ForeignSpan, GUARD_EVENT, isSpanId, isTraceId, type SpanIdentity } from './foreign-span.js';
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
  #latestState: TraceState | undefined;
  #latestStateText = '';

  /** @param allowed the attributes that travel; undefined: all. */
  constructor(recorder: Recorder, allowed: ReadonlySet<string> | undefined) {
    this.#allowed = allowed;
    this.#losses = {
      truncated: () => recorder.count('texts_truncated'),
      omitted: () => recorder.count('span_details_limit'),
      ignored: () => recorder.count('arguments_ignored'),
    };
  }

  /** The whole span. @throws for one whose shape is wrong. */
  copy(span: ForeignSpan, identity: SpanIdentity, placement: SpanPlacement): SpanData {
    const { tick, startMillis, originUnixMicros } = placement;
    const times = new SpanTimes(span, startMillis);
    return {
      ...this.#content(span, times, NOTHING),
      ...this.#status(span, 0),
      name: this.#text(span.name, MAX_NAME_UNITS),
      scope: this.#scopeOf(span),
      kind: Number.isInteger(span.kind) && span.kind >= 0 && span.kind <= 4 ? span.kind : 0,
      traceFlags: identity.traceFlags & 0xff,
      sequence: 0,
      spanId: identity.spanId,
      traceSequence: 0,
      traceId: tick === undefined ? identity.traceId : '',
      parentSequence: 0,
      parentIndex: 0,
      parentSpanId: identity.parentSpanId ?? '',
      parentIsRemote: span.parentSpanContext?.isRemote === true,
      tickSequence: tick?.sequence ?? 0,
      isAfterTick: tick !== undefined && !tick.isOpen,
      threshold: -1,
      // A tick's own goes for all of its spans.
      traceState: tick === undefined ? this.#stateText(identity.traceState) : '',
      originUnixMicros,
      start: times.start,
      end: times.end,
    };
  }

  /**
   * What the frame of its tick cannot carry of a tick's root or stage; undefined when that is nothing.
   * @param stage undefined: the root.
   * @throws for a span whose shape is wrong.
   */
  supplement(
    span: ForeignSpan,
    tick: ForeignTick,
    stage: ForeignStage | undefined,
    placement: SpanPlacement,
  ): SpanData | undefined {
    const times = new SpanTimes(span, placement.startMillis);
    const content = this.#content(span, times, stage === undefined ? ROOT_KEYS : STAGE_KEYS);
    const status = this.#status(span, MAX_FRAME_ERROR_UNITS);
    const { attributes, events, links, droppedEvents, droppedLinks } = content;
    const isEmpty = attributes === undefined && events === undefined && links === undefined;
    if (isEmpty && status.statusMessage === '' && droppedEvents + droppedLinks === 0) return undefined;
    return {
      ...content,
      ...status,
      name: '',
      scope: '',
      kind: 0,
      traceFlags: 0,
      sequence: tick.sequence,
      spanId: '',
      traceSequence: 0,
      traceId: '',
      parentSequence: tick.sequence,
      parentIndex: stage?.index ?? 0,
      parentSpanId: '',
      parentIsRemote: false,
      tickSequence: tick.sequence,
      isAfterTick: false,
      threshold: -1,
      traceState: '',
      originUnixMicros: placement.originUnixMicros,
      start: times.start,
      end: times.end,
    };
  }

  #content(span: ForeignSpan, times: SpanTimes, carried: ReadonlySet<string>) {
    return {
      attributes: this.#attributes(span.attributes, span.droppedAttributesCount, carried),
      events: this.#events(span, times, carried !== NOTHING),
      links: this.#links(span),
      droppedEvents: countOf(span.droppedEventsCount) + excessOf(span.events),
      droppedLinks: countOf(span.droppedLinksCount) + excessOf(span.links),
    };
  }

  /** @param from a message that is no longer than this is carried otherwise. */
  #status({ status }: ForeignSpan, from: number) {
    const { code, message } = status ?? {};
    const isLong = typeof message === 'string' && message.length > from;
    return {
      statusCode: code === 1 || code === 2 ? code : 0,
      statusMessage: isLong ? this.#text(message, MAX_TEXT_UNITS) : '',
    };
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
