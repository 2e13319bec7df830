import type { ForeignStage } from '@tickscope/core/internal';
import type { SpanIdentity } from './foreign-span.js';
import type { OpenTick } from './open-ticks.js';

export const MAX_OPEN_SPANS = 16_384;

/** What was noted at a span's start for its end, and for its children. */
export interface OpenSpan {
  readonly identity: SpanIdentity;
  /** The tick that it is in, which may have ended since; undefined: none. */
  readonly tick: OpenTick | undefined;
  /** Its place in the tick's frame, where it is a stage. */
  readonly stage: ForeignStage | undefined;
  /** `performance.now()` milliseconds; undefined: the caller set the start. */
  readonly startMillis: number | undefined;
  /** Wall clock of `performance.now() === 0`, microseconds: the same in a trace, as far as it is seen here. */
  readonly originUnixMicros: number;
}

/** The spans that have started and not ended, by id; bounded: beyond that the oldest is forgotten. */
export class OpenSpans {
  readonly #byId = new Map<string, OpenSpan>();

  add(span: OpenSpan): void {
    if (this.#byId.size >= MAX_OPEN_SPANS) {
      for (const oldest of this.#byId.keys()) {
        this.#byId.delete(oldest);
        break;
      }
    }
    this.#byId.set(span.identity.spanId, span);
  }

  parentOf({ parentSpanId }: SpanIdentity): OpenSpan | undefined {
    return parentSpanId === undefined ? undefined : this.#byId.get(parentSpanId);
  }

  take(spanId: string): OpenSpan | undefined {
    const span = this.#byId.get(spanId);
    if (span !== undefined) this.#byId.delete(spanId);
    return span;
  }
}
