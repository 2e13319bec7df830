import { spanIdOf, traceIdOf } from '../ids.js';
import { DefinitionReader, SPAN_TEXTS } from '../memory/definitions.js';
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
  SPAN_FRAME_SUPPLEMENT,
  SPAN_FRAME_TYPE_SHIFT,
  TRACE_EXPLICIT,
  TRACE_OF_SEQUENCE,
} from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import type { ApiEventRecord, ApiLinkRecord, ApiScope, ApiSpanRecord } from '../records.js';
import { SpanFrameCursor } from './span-frame-cursor.js';

/** What decides about a span's frame, without decoding the rest. */
export interface SpanFrameFacts {
  /** Adds to a span of a tick, and is no span of its own. */
  readonly isSupplement: boolean;
  /** Of the tick that it belongs to; 0: none. */
  readonly tickSequence: number;
  /** That tick's frame was published before this one. */
  readonly isAfterTick: boolean;
}

const INFO_WORD = 1;
const NAMES_WORD = 2;
const ANCHOR_WORD = 3;
const TICK_WORD = 5;
const LINK_REMOTE = 1 << 8;
const LINK_HAS_STATE = 1 << 9;

/** Turns the frames of one lane's span ring into plain records. */
export class SpanFrameDecoder {
  readonly #key: ArrayLike<number>;
  readonly #lane: number;
  readonly #definitions: DefinitionReader;
  readonly #texts: string[] = [''];
  readonly #scopes = new Map<string, ApiScope>();

  constructor(region: Region, key: ArrayLike<number>, lane: number) {
    this.#key = key;
    this.#lane = lane;
    this.#definitions = new DefinitionReader(region, SPAN_TEXTS);
  }

  facts(frame: Int32Array): SpanFrameFacts {
    const info = frame[INFO_WORD];
    return {
      isSupplement: frame[0] >>> SPAN_FRAME_TYPE_SHIFT === SPAN_FRAME_SUPPLEMENT,
      tickSequence:
        (info & S_IN_TICK) === 0 ? 0 : new SpanFrameCursor(frame, this.#texts, TICK_WORD).double(),
      isAfterTick: (info & S_AFTER_TICK) !== 0,
    };
  }

  decode(frame: Int32Array): ApiSpanRecord {
    // Published before the frames that use them.
    for (const { a, text } of this.#definitions.fresh()) this.#texts[a] = text.toWellFormed();
    const info = frame[INFO_WORD];
    const has = (flag: number) => (info & flag) !== 0;
    const cursor = new SpanFrameCursor(frame, this.#texts, ANCHOR_WORD);
    const originUnixNanos = BigInt(Math.round(cursor.double())) * 1000n;
    const tickSequence = has(S_IN_TICK) ? cursor.double() : 0;
    const traceForm = (info >>> S_TRACE_SHIFT) & 3;
    const givenTraceId = traceForm === TRACE_EXPLICIT ? cursor.hex(4) : '';
    const traceSequence = traceForm === TRACE_OF_SEQUENCE ? cursor.double() : 0;
    const isExplicit = ((info >>> S_SPAN_SHIFT) & 1) === SPAN_EXPLICIT;
    const givenSpanId = isExplicit ? cursor.hex(2) : '';
    const sequence = isExplicit ? 0 : cursor.double();
    const parentForm = (info >>> S_PARENT_SHIFT) & 3;
    const parentSequence = parentForm === PARENT_OF_SEQUENCE ? cursor.double() : 0;
    const parentIndex = parentForm === PARENT_OF_SEQUENCE ? cursor.int() : 0;
    const parentSpanId = this.#parentId(parentForm, parentSequence, parentIndex, cursor);
    const start = cursor.time(has(S_START_ABSOLUTE));
    const end = cursor.time(has(S_END_ABSOLUTE));
    const names = frame[NAMES_WORD];
    const name = names >>> 16 === 0 ? cursor.text() : (this.#texts[names >>> 16] ?? '');
    const scope = (names & 0xffff) === 0 ? cursor.text() : (this.#texts[names & 0xffff] ?? '');
    const threshold = has(S_HAS_THRESHOLD) ? cursor.int() >>> 0 : undefined;
    const traceState = has(S_HAS_TRACE_STATE) ? cursor.text() : '';
    const statusMessage = has(S_HAS_STATUS_MESSAGE) ? cursor.text() : '';
    const attributes = has(S_HAS_ATTRIBUTES) ? cursor.attributes() : {};
    const links = has(S_HAS_LINKS) ? this.#links(cursor) : [];
    const events = has(S_HAS_EVENTS) ? this.#events(cursor) : [];
    const counts = has(S_HAS_DROPPED);
    return {
      lane: this.#lane,
      name,
      scope: this.#scopeOf(scope),
      kind: (info >>> S_KIND_SHIFT) & 7,
      traceFlags: info & 0xff,
      traceId:
        givenTraceId !== '' || tickSequence > 0 ? givenTraceId : this.#traceId(traceSequence || sequence),
      spanId: isExplicit ? givenSpanId : spanIdOf(this.#key, this.#lane, sequence, 0),
      parentSpanId,
      parentIsRemote: parentForm === PARENT_REMOTE,
      parentIndex,
      tickSequence,
      threshold,
      traceState,
      originUnixNanos,
      start,
      end,
      statusCode: (info >>> S_STATUS_SHIFT) & 3,
      statusMessage,
      attributes,
      links,
      events,
      droppedAttributes: counts ? cursor.int() : 0,
      droppedEvents: counts ? cursor.int() : 0,
      droppedLinks: counts ? cursor.int() : 0,
    };
  }

  #traceId(sequence: number): string {
    return traceIdOf(this.#key, this.#lane, sequence);
  }

  #parentId(form: number, sequence: number, index: number, cursor: SpanFrameCursor): string {
    if (form === PARENT_NONE) return '';
    if (form === PARENT_OF_SEQUENCE) return spanIdOf(this.#key, this.#lane, sequence, index);
    return form === PARENT_EXPLICIT || form === PARENT_REMOTE ? cursor.hex(2) : '';
  }

  #links(cursor: SpanFrameCursor): ApiLinkRecord[] {
    return Array.from({ length: cursor.int() }, () => {
      const traceId = cursor.hex(4);
      const spanId = cursor.hex(2);
      const flags = cursor.int();
      const traceState = (flags & LINK_HAS_STATE) === 0 ? '' : cursor.text();
      const droppedAttributes = cursor.int();
      return {
        traceId,
        spanId,
        traceFlags: flags & 0xff,
        isRemote: (flags & LINK_REMOTE) !== 0,
        traceState,
        attributes: cursor.attributes(),
        droppedAttributes,
      };
    });
  }

  #events(cursor: SpanFrameCursor): ApiEventRecord[] {
    return Array.from({ length: cursor.int() }, () => {
      const name = cursor.text();
      const time = cursor.time(cursor.int() === 1);
      const droppedAttributes = cursor.int();
      return { name, time, attributes: cursor.attributes(), droppedAttributes };
    });
  }

  /** The same object for the same scope: exporters group by it. */
  #scopeOf(text: string): ApiScope {
    const known = this.#scopes.get(text);
    if (known !== undefined) return known;
    const [name = '', version = '', schemaUrl = ''] = text.split('\0');
    const scope = { name, version, schemaUrl };
    if (this.#scopes.size < MAX_SCOPES) this.#scopes.set(text, scope);
    return scope;
  }
}

const MAX_SCOPES = 1_024;
