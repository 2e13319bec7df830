import type { ForeignStage, ForeignTick } from '@tickscope/core/internal';
import type { SpanIdentity } from './foreign-span.js';

export const MAX_OPEN_TICKS = 1_024;

export interface OpenTick {
  readonly tick: ForeignTick;
  readonly rootSpanId: string;
  /** By span id. */
  readonly stages: Map<string, ForeignStage>;
}

/** The ticks whose root has started and not ended, by trace id, oldest first; bounded. */
export class OpenTicks {
  readonly #byTrace = new Map<string, OpenTick[]>();
  #size = 0;

  add(traceId: string, open: OpenTick): void {
    if (this.#size >= MAX_OPEN_TICKS) this.#makeRoom();
    const siblings = this.#byTrace.get(traceId);
    if (siblings === undefined) this.#byTrace.set(traceId, [open]);
    else siblings.push(open);
    this.#size++;
  }

  /** The tick that a new span belongs to: its parent's, else the youngest of its trace. */
  ofChild({ traceId, parentSpanId }: SpanIdentity): OpenTick | undefined {
    const candidates = this.#byTrace.get(traceId);
    if (candidates === undefined || parentSpanId === undefined) return candidates?.at(-1);
    return (
      candidates.find(({ rootSpanId, stages }) => rootSpanId === parentSpanId || stages.has(parentSpanId)) ??
      candidates.at(-1)
    );
  }

  ofStage({ traceId, spanId }: SpanIdentity): OpenTick | undefined {
    return this.#byTrace.get(traceId)?.find(({ stages }) => stages.has(spanId));
  }

  /** Removes the tick of this root. */
  take({ traceId, spanId }: SpanIdentity): OpenTick | undefined {
    const open = this.#byTrace.get(traceId)?.find(({ rootSpanId }) => rootSpanId === spanId);
    if (open !== undefined) this.#remove(traceId, (other) => other === open);
    return open;
  }

  #makeRoom(): void {
    for (const traceId of this.#byTrace.keys()) this.#remove(traceId, ({ tick }) => !tick.isOpen);
    const [oldest] = this.#byTrace;
    if (oldest === undefined || this.#size < MAX_OPEN_TICKS) return;
    const [traceId, [first]] = oldest;
    first.tick.abandon();
    this.#remove(traceId, (other) => other === first);
  }

  #remove(traceId: string, isGone: (open: OpenTick) => boolean): void {
    const siblings = this.#byTrace.get(traceId) ?? [];
    const left = siblings.filter((open) => !isGone(open));
    this.#size -= siblings.length - left.length;
    if (left.length === 0) this.#byTrace.delete(traceId);
    else this.#byTrace.set(traceId, left);
  }
}
