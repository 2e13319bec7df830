/** Kept ticks for the page: the latest `maxTicks`, whether or not they could be exported. */
import type { LateSpanRecord } from '@tickscope/core/internal';
import type { KeptTick } from '../kept-tick.js';
import type { KeepReason, KeptTickJson, KeptTickSummaryJson, KeptTicksJson } from '../protocol.js';
import { describeTick, summarizeTick } from './tick-json.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** A request loop that outlives its tick must not let one entry grow without end. */
const MAX_LATE_SPANS_PER_TICK = 64;

interface ListOptions {
  /** Ticks in the answer; default 100, at most 1000. */
  readonly limit?: number;
  /** Only ticks that were kept for this reason, among others. */
  readonly reason?: KeepReason | undefined;
}

export class KeptTickStore {
  readonly #maxTicks: number;
  /** A ring: what is looked up is looked for, since thousands come a second and few are ever asked for. */
  readonly #ticks: KeptTick[] = [];
  /** Where the next one goes once the ring is full. */
  #oldest = 0;
  /** Spans that ended after their tick did, of the ticks in the ring; most have none. */
  readonly #lateSpans = new Map<KeptTick, LateSpanRecord['span'][]>();
  #lateSpansLeftOut = 0;

  constructor(maxTicks: number) {
    this.#maxTicks = maxTicks;
  }

  get size(): number {
    return this.#ticks.length;
  }

  /** Late spans that the page does not show because their tick has too many or has left; they are exported. */
  get lateSpansLeftOut(): number {
    return this.#lateSpansLeftOut;
  }

  add(kept: KeptTick): void {
    if (this.#ticks.length < this.#maxTicks) {
      this.#ticks.push(kept);
    } else if (this.#maxTicks > 0) {
      if (this.#lateSpans.size > 0) this.#lateSpans.delete(this.#ticks[this.#oldest]);
      this.#ticks[this.#oldest] = kept;
      this.#oldest = (this.#oldest + 1) % this.#maxTicks;
    }
  }

  addLateSpan({ lane, sequence, span }: LateSpanRecord): void {
    const kept = this.#newest((candidate) => candidate.lane === lane && candidate.sequence === sequence);
    const known = kept && this.#lateSpans.get(kept);
    if (kept === undefined || (known?.length ?? 0) >= MAX_LATE_SPANS_PER_TICK) this.#lateSpansLeftOut++;
    else if (known === undefined) this.#lateSpans.set(kept, [span]);
    else known.push(span);
  }

  /** Newest first. */
  list({ limit = DEFAULT_LIMIT, reason }: ListOptions = {}): KeptTicksJson {
    const wanted = Math.min(Math.max(Math.trunc(limit) || 0, 0), MAX_LIMIT);
    const ticks: KeptTickSummaryJson[] = [];
    for (const kept of this.#newestFirst()) {
      if (ticks.length >= wanted) break;
      if (reason === undefined || kept.keptBy.includes(reason)) ticks.push(summarizeTick(kept, kept.tick));
    }
    return { ticks, stored: this.#ticks.length };
  }

  /** The latest tick of the trace. */
  get(traceId: string): KeptTickJson | undefined {
    const kept = this.#newest(({ tick }) => tick.traceId === traceId);
    return kept && describeTick(kept, this.#lateSpans.get(kept) ?? []);
  }

  #newest(isWanted: (kept: KeptTick) => boolean): KeptTick | undefined {
    for (const kept of this.#newestFirst()) if (isWanted(kept)) return kept;
    return undefined;
  }

  *#newestFirst(): Generator<KeptTick> {
    const { length } = this.#ticks;
    for (let back = 1; back <= length; back++) yield this.#ticks[(this.#oldest + length - back) % length];
  }
}
