import { performance } from 'node:perf_hooks';
import {
  type Attributes,
  type AttributeValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import {
  type AmbientSpan,
  AttributeList,
  cut,
  F_FLAGS_WORD,
  FLAG_API_SPANS,
  MAX_TEXT_UNITS,
  type Recorder,
  type SpanTime,
  type TickHandle,
} from '@tickscope/core/internal';
import { LocalTrace } from './provider/local-trace.js';
import { eventOf, exceptionAttributes, linkOf, nameOf } from './provider/span-details.js';
import { SpanDraft } from './provider/span-draft.js';
import { type SpanRecorder, spanRecorderOf } from './provider/span-recorder.js';
import { isTimeInput, spanTime } from './provider/time-input.js';

const SCOPE = '@tickscope/core\0\0';

/**
 * The ambient tick or stage as OpenTelemetry's API sees it: its context is that of the span that will be
 * exported. Attributes, events, links and an error status reach that span, where the tick is kept; ending it is
 * the tick's own business. Its name is that of its series and stays: another one becomes the attribute
 * `tickscope.updated_name`.
 */
export class ActiveSpan implements Span {
  readonly ambient: AmbientSpan;

  constructor(ambient: AmbientSpan) {
    this.ambient = ambient;
  }

  get recorder(): Recorder {
    return this.#tick.recorder;
  }

  spanContext(): SpanContext {
    return this.ambient.spanContext() as SpanContext;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      this.ambient.setAttribute(key, value);
      return this;
    }
    return this.#supplement((draft, { limits, losses }) => {
      draft.attributes = new AttributeList();
      draft.attributes.set(key, value, limits.attributeCount, limits.attributeValueLength, losses);
    });
  }

  setAttributes(attributes: Attributes): this {
    try {
      for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value as AttributeValue);
    } catch {
      this.#tick.recorder.count('arguments_ignored');
    }
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const isTime = isTimeInput(attributesOrTime);
    const at = isTime && !isTimeInput(time) ? attributesOrTime : time;
    return this.#addEvent(name, isTime ? undefined : attributesOrTime, at);
  }

  addLink(link: Link): this {
    return this.#supplement((draft, spans) => {
      const plain = linkOf(spans, link);
      if (plain !== undefined) draft.details.links = [plain];
    });
  }

  addLinks(links: Link[]): this {
    try {
      for (const link of links) this.addLink(link);
    } catch {
      this.#tick.recorder.count('arguments_ignored');
    }
    return this;
  }

  /** The tick's outcome is its own: `fail()` says that it failed. */
  setStatus(status: SpanStatus): this {
    return this.#supplement((draft, { losses }) => {
      const { code, message } = status;
      if (code !== SpanStatusCode.OK && code !== SpanStatusCode.ERROR) return;
      draft.statusCode = code;
      if (code === SpanStatusCode.ERROR && typeof message === 'string') {
        draft.details.statusMessage = cut(message, MAX_TEXT_UNITS, losses);
      }
    });
  }

  updateName(name: string): this {
    this.ambient.setAttribute('tickscope.updated_name', nameOf(spanRecorderOf(this.recorder), name));
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = exceptionAttributes(exception);
    if (attributes === undefined) this.#tick.recorder.count('arguments_ignored');
    else this.#addEvent('exception', attributes, time);
  }

  isRecording(): boolean {
    return this.#tick.at >= 0;
  }

  end(): void {}

  get #tick(): TickHandle {
    return this.ambient.kind === 'stage' ? this.ambient.tick : this.ambient;
  }

  #addEvent(name: unknown, attributes: unknown, time: unknown): this {
    return this.#supplement((draft, spans) => {
      const now = performance.now();
      const at: SpanTime | undefined = time === undefined || time === null ? now : spanTime(time, now);
      if (at === undefined) spans.losses.ignored();
      draft.details.events = [eventOf(spans, name, at ?? now, attributes)];
    });
  }

  /** Travels beside the tick's frame, and joins it in the worker. */
  #supplement(fill: (draft: SpanDraft, spans: SpanRecorder) => void): this {
    const tick = this.#tick;
    const { recorder } = tick;
    if (tick.at < 0) {
      recorder.count('use_after_end');
      return this;
    }
    const spans = spanRecorderOf(recorder);
    const sequence = tick.currentSequence;
    const index = this.ambient.kind === 'stage' ? this.ambient.index : 0;
    const local = LocalTrace.ofTick(tick, sequence, 0);
    const parent = { sequence, index, spanId: '', isRemote: false };
    const draft = new SpanDraft(local, parent, sequence, SCOPE, '', 0, 0);
    try {
      fill(draft, spans);
    } catch {
      recorder.count('arguments_ignored');
      return this;
    }
    // A getter of the bot's may have ended the tick.
    if (tick.at < 0) return this;
    recorder.i32[tick.at * 2 + F_FLAGS_WORD] |= FLAG_API_SPANS;
    spans.encoder.supplement(draft);
    return this;
  }
}
