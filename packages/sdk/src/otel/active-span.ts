import type { Attributes, Exception, Span, SpanContext, SpanStatus, TimeInput } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import type { Stage, Tick } from '@tickscope/core';

/**
 * The ambient tick or stage as OpenTelemetry's API sees it: its context is that of the span that will be
 * exported. Attributes reach the span; ending it is the tick's own business. What cannot be carried yet
 * (events, links, another name) is left out.
 */
export class ActiveSpan implements Span {
  readonly #span: Tick | Stage;

  constructor(span: Tick | Stage) {
    this.#span = span;
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  setAttribute(key: string, value: unknown): this {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      this.#span.setAttribute(key, value);
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
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

  setStatus({ code, message }: SpanStatus): this {
    if (code === SpanStatusCode.ERROR && message !== undefined) this.setAttribute('error.message', message);
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(exception: Exception, _time?: TimeInput): void {
    const message = typeof exception === 'string' ? exception : exception.message;
    if (message !== undefined) this.setAttribute('exception.message', message);
  }

  isRecording(): boolean {
    return true;
  }

  end(): void {}
}
