/** Writes finished spans into the ring, in place. What is written is drawn in `memory/layout.ts`. */
import {
  PARENT_EXPLICIT,
  PARENT_NONE,
  PARENT_OF_SEQUENCE,
  PARENT_REMOTE,
  S_AFTER_TICK,
  S_END_ABSOLUTE,
  S_HAS_ATTRIBUTES,
  S_HAS_DROPPED,
  S_HAS_EVENTS,
  S_HAS_LINKS,
  S_HAS_STATUS_MESSAGE,
  S_HAS_THRESHOLD,
  S_HAS_TRACE_STATE,
  S_IN_TICK,
  S_KIND_SHIFT,
  S_PARENT_SHIFT,
  S_SPAN_SHIFT,
  S_START_ABSOLUTE,
  S_STATUS_SHIFT,
  S_TRACE_SHIFT,
  SPAN_EXPLICIT,
  SPAN_FRAME_MAX_WORDS,
  SPAN_FRAME_SPAN,
  SPAN_FRAME_SUPPLEMENT,
  SPAN_OF_SEQUENCE,
  TRACE_EXPLICIT,
  TRACE_OF_SEQUENCE,
  TRACE_OWN,
  tallyAt,
} from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import { bindSpanRingWriter } from '../memory/span-ring.js';
import type { AttributeList } from './attribute-list.js';
import type { SpanData, SpanEventData, SpanLinkData } from './span-data.js';
import type { SpanTexts } from './span-texts.js';
import { SpanWords } from './span-words.js';

export interface SpanEncoder {
  /** @returns false when the ring had no room, which is counted. Never throws. */
  encode(span: SpanData): boolean;
  /**
   * Adds to a span of a tick: its sequence is the tick's, `parentIndex` the span's index, and name, status,
   * attributes, events and links what is added. Counted as what it carries, if there is no room.
   */
  supplement(span: SpanData): boolean;
}

/** Kept free for the counts of what was left out, and for how many there are of each kind. */
const DROPPED_WORDS = 3;
const COUNT_WORDS = 3;
const RING_FULL = tallyAt('api_spans_ring_full');
const DETAILS_LIMIT = tallyAt('span_details_limit');
const LINK_REMOTE = 1 << 8;
const LINK_HAS_STATE = 1 << 9;

export function bindSpanEncoder(region: Region, texts: SpanTexts): SpanEncoder {
  const { f64 } = region;
  const ring = bindSpanRingWriter(region);
  const words = new SpanWords(region, texts);

  function attributes(list: AttributeList): number {
    const { keys, values } = list;
    const countAt = words.skip();
    if (!words.isWithin) return keys.length;
    let written = 0;
    for (let index = 0; index < keys.length; index++) {
      const before = words.at;
      words.name(keys[index]);
      words.value(values[index]);
      if (words.isWithin) written++;
      else words.backTo(before);
    }
    words.patch(countAt, written);
    return keys.length - written;
  }

  /** As an entry of its own or not at all. @returns how many did not fit. */
  function each<T>(items: readonly T[], write: (item: T) => void): number {
    const countAt = words.skip();
    let written = 0;
    for (const item of items) {
      const before = words.at;
      write(item);
      if (words.isWithin) written++;
      else words.backTo(before);
    }
    words.patch(countAt, written);
    return items.length - written;
  }

  /** Attributes that do not fit take the whole entry with them: half an event would look like all of it. */
  function ownAttributes(list: AttributeList | undefined): void {
    words.int(list?.dropped ?? 0);
    if (list === undefined) words.int(0);
    else if (attributes(list) > 0) words.overflow();
  }

  function link({ traceId, spanId, traceFlags, isRemote, traceState, attributes }: SpanLinkData): void {
    words.hex(traceId);
    words.hex(spanId);
    const state = traceState === '' ? 0 : LINK_HAS_STATE;
    words.int((traceFlags & 0xff) | (isRemote ? LINK_REMOTE : 0) | state);
    if (state !== 0) words.text(traceState);
    ownAttributes(attributes);
  }

  function event({ name, time, attributes }: SpanEventData): void {
    words.name(name);
    words.int(typeof time === 'number' ? 0 : 1);
    words.time(time);
    ownAttributes(attributes);
  }

  function identity(span: SpanData): number {
    let info = 0;
    if (span.tickSequence > 0) {
      info |= S_IN_TICK | (span.isAfterTick ? S_AFTER_TICK : 0);
      words.double(span.tickSequence);
    } else if (span.traceSequence === 0) {
      info |= TRACE_EXPLICIT << S_TRACE_SHIFT;
      words.hex(span.traceId);
    } else if (span.traceSequence !== span.sequence) {
      info |= TRACE_OF_SEQUENCE << S_TRACE_SHIFT;
      words.double(span.traceSequence);
    } else {
      info |= TRACE_OWN << S_TRACE_SHIFT;
    }
    if (span.sequence === 0) {
      info |= SPAN_EXPLICIT << S_SPAN_SHIFT;
      words.hex(span.spanId);
    } else {
      info |= SPAN_OF_SEQUENCE << S_SPAN_SHIFT;
      words.double(span.sequence);
    }
    return info | (parent(span) << S_PARENT_SHIFT);
  }

  function parent(span: SpanData): number {
    if (span.parentSequence > 0) {
      words.double(span.parentSequence);
      words.int(span.parentIndex);
      return PARENT_OF_SEQUENCE;
    }
    if (span.parentSpanId === '') return PARENT_NONE;
    words.hex(span.parentSpanId);
    return span.parentIsRemote ? PARENT_REMOTE : PARENT_EXPLICIT;
  }

  function write(span: SpanData, type: number): boolean {
    const at = ring.place();
    if (at < 0) return false;
    words.begin(at, at + SPAN_FRAME_MAX_WORDS - DROPPED_WORDS - COUNT_WORDS);
    words.skip();
    const infoAt = words.skip();
    const nameId = texts.id(span.name);
    const scopeId = texts.id(span.scope);
    words.int(scopeId | (nameId << 16));
    words.double(span.originUnixMicros);
    let info = (span.traceFlags & 0xff) | (span.kind << S_KIND_SHIFT) | (span.statusCode << S_STATUS_SHIFT);
    info |= identity(span);
    words.time(span.start);
    if (typeof span.start !== 'number') info |= S_START_ABSOLUTE;
    words.time(span.end);
    if (typeof span.end !== 'number') info |= S_END_ABSOLUTE;
    if (nameId === 0) words.text(span.name);
    if (scopeId === 0) words.text(span.scope);
    if (span.threshold >= 0) {
      info |= S_HAS_THRESHOLD;
      words.int(span.threshold);
    }
    if (span.traceState !== '') {
      info |= S_HAS_TRACE_STATE;
      words.text(span.traceState);
    }
    if (span.statusMessage !== '') {
      info |= S_HAS_STATUS_MESSAGE;
      words.text(span.statusMessage);
    }
    let droppedAttributes = 0;
    if (span.attributes !== undefined) {
      info |= S_HAS_ATTRIBUTES;
      words.extend(1);
      const missing = attributes(span.attributes);
      droppedAttributes = span.attributes.dropped + missing;
      f64[DETAILS_LIMIT] += missing;
    }
    let { droppedEvents, droppedLinks } = span;
    if (span.links !== undefined) {
      info |= S_HAS_LINKS;
      words.extend(1);
      const missing = each(span.links, link);
      droppedLinks += missing;
      f64[DETAILS_LIMIT] += missing;
    }
    if (span.events !== undefined) {
      info |= S_HAS_EVENTS;
      words.extend(1);
      const missing = each(span.events, event);
      droppedEvents += missing;
      f64[DETAILS_LIMIT] += missing;
    }
    if (droppedAttributes + droppedEvents + droppedLinks > 0) {
      info |= S_HAS_DROPPED;
      words.extend(DROPPED_WORDS);
      words.int(droppedAttributes);
      words.int(droppedEvents);
      words.int(droppedLinks);
    }
    words.patch(infoAt, info);
    ring.publish(at, words.at - at, type);
    return true;
  }

  return {
    encode(span) {
      if (write(span, SPAN_FRAME_SPAN)) return true;
      f64[RING_FULL]++;
      return false;
    },
    supplement(span) {
      if (write(span, SPAN_FRAME_SUPPLEMENT)) return true;
      f64[DETAILS_LIMIT] +=
        (span.attributes?.keys.length ?? 0) + (span.events?.length ?? 0) + (span.links?.length ?? 0);
      return false;
    },
  };
}
