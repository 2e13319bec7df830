import {
  INVALID_TRACE_ID,
  randomnessOf,
  randomnessOfTraceId,
  spanIdOf,
  TRACE_FLAG_SAMPLED,
  traceIdOf,
} from '../ids.js';
import {
  DROPPED_SHIFT,
  F_DEADLINE,
  F_END,
  F_FLAGS_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  F_SUBJECT_WORD,
  FIRST_DETAIL_KIND,
  FLAG_API_SPANS,
  FLAG_FAILED,
  FLAG_FOREIGN,
  FLAG_GUARD,
  FLAG_LATE,
  FLAG_MISSED,
  FLAG_REMOTE_PARENT,
  FLAG_STANDALONE,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  KIND_ATTRIBUTE,
  KIND_ERROR,
  KIND_GUARD,
  KIND_MOVED,
  KIND_OPERATION,
  KIND_PARENT,
  KIND_QUERY,
  KIND_REQUEST,
  KIND_SPAN_ID,
  KIND_STAGE,
  KIND_TEXT,
  KIND_TRACE_STATE,
  KIND_WAIT,
  LOOP_SHIFT,
  OUTCOME_SHIFT,
  SLOT_DOUBLES,
  VALUE_BOOLEAN,
  VALUE_STRING,
} from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';
import { REQUEST_OUTCOMES, TICK_OUTCOMES } from '../outcomes.js';
import type {
  AttributeValue,
  EventRecord,
  LateSpanRecord,
  RemoteParent,
  SpanRecord,
  TickRecord,
} from '../records.js';
import type { DefinitionIndex } from './definition-index.js';
import { foreignRoot } from './foreign-root.js';
import { isText, textAt } from './frame-text.js';

/** What a frame's header tells without decoding the rest: enough to decide about most ticks. */
export interface FrameFacts {
  readonly isTick: boolean;
  readonly sequence: number;
  readonly spanCount: number;
  readonly missed: boolean;
  readonly failed: boolean;
  readonly tripped: boolean;
  /** False in mode `metrics`: the tick is timed, and seen while open, but not traced. */
  readonly traced: boolean;
  readonly sampledByRatio: boolean;
  /** Spans of OpenTelemetry's API wait for the decision about this tick. */
  readonly hasApiSpans: boolean;
}

export interface Sampling {
  /** 0…2^32: a tick is sampled when its 32 random bits are >= it. */
  readonly threshold: number;
}

type SpanKind = SpanRecord['kind'];
const SPAN_KINDS: Readonly<Record<number, SpanKind>> = {
  [KIND_STAGE]: 'stage',
  [KIND_WAIT]: 'wait',
  [KIND_REQUEST]: 'request',
  [KIND_OPERATION]: 'operation',
  [KIND_QUERY]: 'query',
};

const NO_ATTRIBUTES: Readonly<Record<string, AttributeValue>> = Object.freeze({});

/** Turns the frames of one lane into plain records. */
export class FrameDecoder {
  readonly #key: ArrayLike<number>;
  readonly #lane: number;
  readonly #definitions: DefinitionIndex;

  constructor(key: ArrayLike<number>, lane: number, definitions: DefinitionIndex) {
    this.#key = key;
    this.#lane = lane;
    this.#definitions = definitions;
  }

  facts(view: FrameView, sampling: Sampling): FrameFacts {
    const flags = view.i32[F_FLAGS_WORD];
    const sequence = view.f64[F_SEQUENCE];
    return {
      isTick: (flags & (FLAG_LATE | FLAG_STANDALONE)) === 0,
      sequence,
      spanCount: view.i32[F_SIZE_WORD] >>> 16,
      missed: (flags & FLAG_MISSED) !== 0,
      failed: (flags & FLAG_FAILED) !== 0,
      tripped: (flags & FLAG_GUARD) !== 0,
      traced: (flags & FLAG_UNTRACED) === 0,
      sampledByRatio: this.#isSampled(view, sampling),
      hasApiSpans: (flags & FLAG_API_SPANS) !== 0,
    };
  }

  /** @param nowMillis end of what has not ended; undefined for a frame from a ring, which has. */
  tick(view: FrameView, sampling: Sampling, originUnixNanos: bigint, nowMillis?: number): TickRecord {
    const { f64, i32 } = view;
    const flags = i32[F_FLAGS_WORD];
    const sequence = f64[F_SEQUENCE];
    const parent = (flags & FLAG_REMOTE_PARENT) === 0 ? undefined : this.#parentOf(view);
    const unfinished = nowMillis !== undefined;
    const endMillis = nowMillis ?? f64[F_END];
    const loop = this.#definitions.loop((flags >>> LOOP_SHIFT) & 0xff);
    const subject = i32[F_SUBJECT_WORD];
    const symbolId = subject & 0xffff;
    const deadline = f64[F_DEADLINE];
    const content = this.#contentOf(view, endMillis);
    const missed = unfinished ? endMillis - f64[F_START] > deadline : (flags & FLAG_MISSED) !== 0;
    const identity =
      (flags & FLAG_FOREIGN) === 0
        ? this.#identity(sequence, sampling, parent)
        : this.#foreignIdentity(view, sequence);
    return {
      lane: this.#lane,
      sequence,
      traceId: identity.traceId,
      spanId: identity.spanId,
      sampledByRatio: identity.sampledByRatio,
      samplingThreshold: identity.samplingThreshold,
      remoteParent: identity.remoteParent,
      loop: loop === undefined || loop.name === '' ? undefined : loop.name,
      symbol: symbolId === 0 ? undefined : this.#definitions.name(symbolId),
      startMillis: f64[F_START],
      beginMillis: content.spans.find(({ kind }) => kind === 'wait')?.endMillis ?? f64[F_START],
      endMillis,
      deadlineMillis: Number.isFinite(deadline) ? deadline : undefined,
      outcome: TICK_OUTCOMES[(subject >>> OUTCOME_SHIFT) & 0xff],
      missed,
      unfinished,
      guardReasons: content.guardReasons,
      guardTripCount: content.guardReasons.length,
      error: content.errors?.get(0),
      attributes: content.attributes?.get(0) ?? NO_ATTRIBUTES,
      events: content.events,
      spans: content.spans,
      droppedRecords: flags >>> DROPPED_SHIFT,
      originUnixNanos,
    };
  }

  /**
   * What spans of the API that follow this tick need to know of its trace: where there are some by now, or where it
   * cannot be computed from the sequence alone.
   */
  traceToFollow(view: FrameView, sampling: Sampling, originUnixNanos: bigint) {
    const flags = view.i32[F_FLAGS_WORD];
    if ((flags & (FLAG_API_SPANS | FLAG_FOREIGN | FLAG_REMOTE_PARENT)) === 0) return undefined;
    const sequence = view.f64[F_SEQUENCE];
    const parent = (flags & FLAG_REMOTE_PARENT) === 0 ? undefined : this.#parentOf(view);
    const { traceId, sampledByRatio, samplingThreshold, remoteParent } =
      (flags & FLAG_FOREIGN) === 0
        ? this.#identity(sequence, sampling, parent)
        : this.#foreignIdentity(view, sequence);
    return { traceId, sampledByRatio, samplingThreshold, remoteParent, originUnixNanos };
  }

  /** The same of any other tick. */
  ownTrace(sequence: number, threshold: number, sampledByRatio: boolean, originUnixNanos: bigint) {
    const traceId = traceIdOf(this.#key, this.#lane, sequence);
    const samplingThreshold = threshold;
    return { traceId, sampledByRatio, samplingThreshold, remoteParent: undefined, originUnixNanos };
  }

  lateSpan(view: FrameView, sampling: Sampling, originUnixNanos: bigint): LateSpanRecord {
    const sequence = view.f64[F_SEQUENCE];
    const isRemote = (view.i32[F_FLAGS_WORD] & FLAG_REMOTE_PARENT) !== 0;
    const remoteParent = isRemote ? this.#parentOf(view) : undefined;
    const [span] = this.#contentOf(view, view.f64[F_END]).spans;
    const identity = this.#identity(sequence, sampling, remoteParent);
    return {
      lane: this.#lane,
      sequence,
      traceId: identity.traceId,
      spanId: identity.spanId,
      sampledByRatio: identity.sampledByRatio,
      samplingThreshold: identity.samplingThreshold,
      remoteParent,
      isStandalone: (view.i32[F_FLAGS_WORD] & FLAG_STANDALONE) !== 0,
      originUnixNanos,
      span,
    };
  }

  #isSampled(view: FrameView, sampling: Sampling): boolean {
    const flags = view.i32[F_FLAGS_WORD];
    if ((flags & FLAG_FOREIGN) !== 0) return isSampled(foreignRoot(view).traceFlags);
    if ((flags & FLAG_REMOTE_PARENT) !== 0) return isParentSampled(this.#parentOf(view));
    return randomnessOf(this.#key, this.#lane, view.f64[F_SEQUENCE]) >= sampling.threshold;
  }

  /** Ids and decision of the tracer that made the tick's spans. */
  #foreignIdentity(view: FrameView, sequence: number) {
    const root = foreignRoot(view);
    const sampledByRatio = isSampled(root.traceFlags);
    const parent = root.parentSpanId;
    return {
      traceId: root.traceId,
      spanId: spanIds(this.#key, this.#lane, sequence, root.spanIds),
      sampledByRatio,
      samplingThreshold: root.threshold,
      remoteParent:
        parent === ''
          ? undefined
          : {
              traceId: root.traceId,
              spanId: parent,
              traceFlags: root.traceFlags,
              traceState: root.threshold === undefined ? undefined : `ot=th:${root.thresholdText}`,
            },
    };
  }

  #identity(sequence: number, sampling: Sampling, parent: RemoteParent | undefined) {
    const randomness =
      parent === undefined
        ? randomnessOf(this.#key, this.#lane, sequence)
        : randomnessOfTraceId(parent.traceId);
    return {
      traceId: parent?.traceId ?? traceIdOf(this.#key, this.#lane, sequence),
      spanId: spanIds(this.#key, this.#lane, sequence),
      sampledByRatio: parent === undefined ? randomness >= sampling.threshold : isParentSampled(parent),
      samplingThreshold: sampling.threshold,
      remoteParent: parent,
    };
  }

  #contentOf(view: FrameView, endMillis: number) {
    const { f64, i32 } = view;
    // By target; most ticks have neither.
    let attributes: Map<number, Record<string, AttributeValue>> | undefined;
    let errors: Map<number, string> | undefined;
    const events: EventRecord[] = [];
    const guardReasons: string[] = [];
    const spanSlots: number[] = [];
    const setAttribute = (target: number, key: string, value: AttributeValue): void => {
      attributes ??= new Map();
      const known = attributes.get(target);
      if (known === undefined) attributes.set(target, Object.fromEntries([[key, value]]));
      else define(known, key, value);
    };
    const slots = i32[F_SIZE_WORD] & 0xffff;
    for (let slot = FRAME_HEADER_SLOTS; slot < slots; slot++) {
      const at = slot * SLOT_DOUBLES;
      const kind = (i32[at * 2 + 4] >>> 16) & 0xff;
      const target = i32[at * 2 + 5] & 0xffff;
      if (kind < FIRST_DETAIL_KIND) {
        spanSlots.push(at);
        continue;
      }
      const name = i32[at * 2 + 4] & 0xffff;
      if (kind === KIND_GUARD) {
        const reason = this.#definitions.name(name);
        guardReasons.push(reason);
        events.push({ name: 'guard_trip', timeMillis: f64[at], attributes: { reason } });
      } else if (kind === KIND_SPAN_ID || kind === KIND_MOVED) {
        // An id is read together with the root's identity; what has moved comes by itself.
      } else if (kind === KIND_ATTRIBUTE) {
        setAttribute(target, this.#definitions.name(name), this.#valueAt(view, at));
      } else {
        const text = textAt(view, slot);
        if (kind === KIND_TEXT) setAttribute(target, this.#definitions.name(name), text.value);
        else if (kind === KIND_ERROR) {
          errors ??= new Map();
          errors.set(target, text.value);
        }
        slot += text.slots;
      }
    }
    const spans: SpanRecord[] = [];
    let isInOrder = true;
    for (const at of spanSlots) {
      const span = this.#spanAt(view, at, endMillis, attributes, errors);
      isInOrder &&= spans.length === 0 || byStart(spans[spans.length - 1], span) <= 0;
      spans.push(span);
    }
    if (!isInOrder) spans.sort(byStart);
    return { attributes, errors, events, guardReasons, spans };
  }

  #spanAt(
    view: FrameView,
    at: number,
    endMillis: number,
    attributes: ReadonlyMap<number, Readonly<Record<string, AttributeValue>>> | undefined,
    errors: ReadonlyMap<number, string> | undefined,
  ): SpanRecord {
    const { f64, i32 } = view;
    const word = at * 2;
    const kind = SPAN_KINDS[(i32[word + 4] >>> 16) & 0xff] ?? 'stage';
    // A stage's index follows from its place.
    const isPlaced = kind === 'stage' || kind === 'wait';
    const index = isPlaced ? at / SLOT_DOUBLES - FRAME_HEADER_SLOTS + 1 : i32[word + 6] & 0xffff;
    const detail = i32[word + 6] >>> 16;
    const isFailed = i32[word + 4] >>> 24 !== 0;
    const unfinished = f64[at + 1] === 0;
    const fullName = this.#definitions.name(i32[word + 4] & 0xffff);
    const isTwoNames = kind === 'request' || kind === 'query';
    const own = attributes?.get(index);
    return {
      kind,
      name: isTwoNames ? fullName.replace('\0', ' ') : fullName,
      index,
      parentIndex: i32[word + 5] & 0xffff,
      startMillis: f64[at],
      endMillis: unfinished ? endMillis : f64[at + 1],
      unfinished,
      error: errors?.get(index) ?? (isFailed ? '' : undefined),
      requestOutcome: kind === 'request' ? REQUEST_OUTCOMES[detail] : undefined,
      attributes: isTwoNames ? { ...labelsOf(kind, fullName), ...own } : (own ?? NO_ATTRIBUTES),
    };
  }

  #valueAt(view: FrameView, at: number): AttributeValue {
    const type = view.i32[at * 2 + 3];
    if (type === VALUE_STRING) return this.#definitions.name(view.i32[at * 2 + 2]);
    return type === VALUE_BOOLEAN ? view.f64[at] === 1 : view.f64[at];
  }

  #parentOf(view: FrameView): RemoteParent {
    const slots = view.i32[F_SIZE_WORD] & 0xffff;
    for (let slot = FRAME_HEADER_SLOTS; slot < slots; slot++) {
      const kind = kindAt(view, slot);
      if (kind === KIND_PARENT) {
        const text = textAt(view, slot);
        const [traceId, spanId, flags] = text.value.split('-');
        const next = slot + 1 + text.slots;
        const hasState = next < slots && kindAt(view, next) === KIND_TRACE_STATE;
        const traceState = hasState ? textAt(view, next).value : undefined;
        return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), traceState };
      }
      if (isText(kind)) slot += textAt(view, slot).slots;
    }
    return { traceId: INVALID_TRACE_ID, spanId: '', traceFlags: 0, traceState: undefined };
  }
}

function kindAt({ i32 }: FrameView, slot: number): number {
  return (i32[slot * SLOT_DOUBLES * 2 + 4] >>> 16) & 0xff;
}

function byStart(a: SpanRecord, b: SpanRecord): number {
  return a.startMillis - b.startMillis || a.index - b.index;
}

/** The last of equal keys counts. Not by assignment: `__proto__` is a key like any other. */
function define(attributes: Record<string, AttributeValue>, key: string, value: AttributeValue): void {
  Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Apart from the decoder: a kept tick must not keep the region of a thread that has ended. */
function spanIds(
  key: ArrayLike<number>,
  lane: number,
  sequence: number,
  given?: ReadonlyMap<number, string>,
): (index: number) => string {
  return (index) => given?.get(index) ?? spanIdOf(key, lane, sequence, index);
}

function isParentSampled(parent: RemoteParent): boolean {
  return isSampled(parent.traceFlags);
}

function isSampled(traceFlags: number): boolean {
  return (traceFlags & TRACE_FLAG_SAMPLED) !== 0;
}

/** The two names of a request or query travel as one, separated by NUL. */
function labelsOf(kind: 'request' | 'query', name: string): Record<string, string> {
  // One name alone: the table was full, and both are `other`.
  const [first, second = first] = name.split('\0');
  if (kind === 'request') return { verb: first, api: second };
  return { operation: first, table: second };
}
