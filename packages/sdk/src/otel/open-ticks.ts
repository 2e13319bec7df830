import type { ForeignStage, ForeignTick } from '@tickscope/core/internal';
import type { SpanIdentity } from './foreign-span.js';

export const MAX_OPEN_TICKS = 1_024;

export interface OpenTick {
  readonly tick: ForeignTick;
  readonly rootSpanId: string;
  /** Those with a place in the tick's frame, ended or not, by span id. */
  readonly stages: Map<string, ForeignStage>;
  /** Its root has ended, and stages that had not are no longer in its frame. */
  isEnded: boolean;
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

  /** The tick of a span whose parent is not known to be open: its parent's, else the youngest of its trace. */
  ofChild({ traceId, parentSpanId }: SpanIdentity): OpenTick | undefined {
    const candidates = this.#byTrace.get(traceId);
    if (candidates === undefined || parentSpanId === undefined) return undefined;
    return candidates.find(({ stages }) => stages.has(parentSpanId)) ?? candidates.at(-1);
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
