import type { Span, SpanContext } from '@opentelemetry/api';
import type { LocalTrace } from './local-trace.js';
import type { SpanRecorder } from './span-recorder.js';

/** A span that the ratio has not chosen: it passes its trace on and records nothing. */
export class UnsampledSpan implements Span {
  readonly #spans: SpanRecorder;
  readonly trace: LocalTrace;
  #sequence: number;
  #context: SpanContext | undefined = undefined;

  /** @param sequence 0: taken when its id is asked for. */
  constructor(spans: SpanRecorder, trace: LocalTrace, sequence: number) {
    this.#spans = spans;
    this.trace = trace;
    this.#sequence = sequence;
  }

  /** Of a span of this recorder's; undefined for any other value. */
  static of(span: unknown, spans: SpanRecorder): UnsampledSpan | undefined {
    return span instanceof UnsampledSpan && span.#spans === spans ? span : undefined;
  }

  spanContext(): SpanContext {
    if (this.#sequence === 0) this.#sequence = this.#spans.takeSequence();
    this.#context ??= this.trace.contextOf(this.#spans, this.#sequence);
    return this.#context;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  isRecording(): boolean {
    return false;
  }

  end(): void {}
}
