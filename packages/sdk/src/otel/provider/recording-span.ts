import { performance } from 'node:perf_hooks';
import type {
  Attributes,
  AttributeValue,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import { AttributeList, cut, MAX_TEXT_UNITS, type SpanTime } from '@tickscope/core/internal';
import type { LocalTrace } from './local-trace.js';
import { eventOf, exceptionAttributes, linkOf, nameOf } from './span-details.js';
import type { ParentSpan, SpanDraft } from './span-draft.js';
import type { SpanRecorder } from './span-recorder.js';
import { isTimeInput, ownMillis, spanTime } from './time-input.js';

const OK = 1;
const ERROR = 2;

/**
 * A span of OpenTelemetry's API that is recorded: gathered as plain data, written into shared memory when it ends.
 * No method throws. What comes after the end is ignored and counted, as is what cannot be recorded.
 */
export class RecordingSpan implements Span {
  readonly #spans: SpanRecorder;
  readonly #draft: SpanDraft;
  #isOpen = true;
  #context: SpanContext | undefined = undefined;
  #asParent: ParentSpan | undefined = undefined;

  constructor(spans: SpanRecorder, draft: SpanDraft) {
    this.#spans = spans;
    this.#draft = draft;
  }

  /** Of a span of this recorder's; undefined for any other value. */
  static of(span: unknown, spans: SpanRecorder): RecordingSpan | undefined {
    return span instanceof RecordingSpan && span.#spans === spans ? span : undefined;
  }

  get trace(): LocalTrace {
    return this.#draft.trace;
  }

  /** As its children have it. */
  get asParent(): ParentSpan {
    this.#asParent ??= { sequence: this.#draft.sequence, index: 0, spanId: '', isRemote: false };
    return this.#asParent;
  }

  spanContext(): SpanContext {
    this.#context ??= this.#draft.trace.contextOf(this.#spans, this.#draft.sequence);
    return this.#context;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.#isUsable()) return this;
    const { limits, losses } = this.#spans;
    const draft = this.#draft;
    draft.attributes ??= new AttributeList();
    draft.attributes.set(key, value, limits.attributeCount, limits.attributeValueLength, losses);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (!this.#isUsable()) return this;
    const { limits, losses } = this.#spans;
    const draft = this.#draft;
    draft.attributes ??= new AttributeList();
    draft.attributes.setAll(attributes, limits.attributeCount, limits.attributeValueLength, losses);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.#isUsable()) return this;
    const isTime = isTimeInput(attributesOrTime);
    this.#addEvent(
      name,
      isTime ? undefined : attributesOrTime,
      isTime && !isTimeInput(time) ? attributesOrTime : time,
    );
    return this;
  }

  addLink(link: Link): this {
    if (this.#isUsable()) this.#addLink(link);
    return this;
  }

  addLinks(links: Link[]): this {
    if (!this.#isUsable()) return this;
    try {
      for (const link of links) this.#addLink(link);
    } catch {
      this.#spans.losses.ignored();
    }
    return this;
  }

  /** Ok is final; an error gives way to it; unset changes nothing. */
  setStatus(status: SpanStatus): this {
    if (!this.#isUsable()) return this;
    const { losses } = this.#spans;
    const draft = this.#draft;
    try {
      const { code, message } = status;
      if (code !== OK && code !== ERROR) {
        if (code !== 0) losses.ignored();
      } else if (draft.statusCode !== OK) {
        draft.statusCode = code;
        const text =
          code === ERROR && typeof message === 'string' ? cut(message, MAX_TEXT_UNITS, losses) : '';
        if (text !== draft.statusMessage) draft.details.statusMessage = text;
      }
    } catch {
      losses.ignored();
    }
    return this;
  }

  updateName(name: string): this {
    if (this.#isUsable()) this.#draft.name = nameOf(this.#spans, name);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (!this.#isUsable()) return;
    const attributes = exceptionAttributes(exception);
    if (attributes === undefined) this.#spans.losses.ignored();
    else this.#addEvent('exception', attributes, time);
  }

  isRecording(): boolean {
    return this.#isOpen;
  }

  /** An end before the start counts as the start, and is counted. */
  end(endTime?: TimeInput): void {
    if (!this.#isUsable()) return;
    const draft = this.#draft;
    draft.end = this.#timeOf(endTime);
    this.#isOpen = false;
    if (this.#isReversed()) {
      draft.end = draft.start;
      this.#spans.losses.ignored();
    }
    this.#spans.encoder.encode(draft);
  }

  #isReversed(): boolean {
    const { start, end, originUnixMicros } = this.#draft;
    if (typeof start === 'number' && typeof end === 'number') return end < start;
    return ownMillis(end, originUnixMicros) < ownMillis(start, originUnixMicros);
  }

  /** The oldest give way, as in OpenTelemetry JS. */
  #addEvent(name: unknown, attributes: unknown, time: unknown): void {
    const { details } = this.#draft;
    const { limits, losses } = this.#spans;
    details.events ??= [];
    if (details.events.length >= limits.eventCount) {
      details.droppedEvents++;
      losses.omitted();
      if (limits.eventCount === 0) return;
      details.events.shift();
    }
    details.events.push(eventOf(this.#spans, name, this.#timeOf(time), attributes));
  }

  #addLink(link: unknown): void {
    const { limits, losses } = this.#spans;
    const plain = linkOf(this.#spans, link);
    if (plain === undefined) return;
    const { details } = this.#draft;
    details.links ??= [];
    if (details.links.length >= limits.linkCount) {
      details.droppedLinks++;
      losses.omitted();
      if (limits.linkCount === 0) return;
      details.links.shift();
    }
    details.links.push(plain);
  }

  /** Now, for what is absent or, counted, no time. */
  #timeOf(given: unknown): SpanTime {
    const now = performance.now();
    if (given === undefined || given === null) return now;
    const time = spanTime(given, now);
    if (time === undefined) this.#spans.losses.ignored();
    return time ?? now;
  }

  #isUsable(): boolean {
    if (!this.#isOpen) this.#spans.recorder.count('use_after_end');
    return this.#isOpen;
  }
}
