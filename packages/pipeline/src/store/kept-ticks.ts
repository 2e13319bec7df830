/** Kept ticks for the page: the latest `maxTicks`, whether or not they could be exported. */
import type { LateSpanRecord, TickRecord } from '@tickscope/core/internal';
import type { ExportState, KeptTick } from '../kept-tick.js';
import type { KeepReason, KeptTickJson, KeptTickSummaryJson, KeptTicksJson } from '../protocol.js';
import { describeTick, type StoredTick, summarizeTick } from './tick-json.js';

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
  /** Oldest first. Keyed by the record itself: ticks that continue one remote trace share its id. */
  readonly #ticks = new Map<TickRecord, StoredTick>();
  /** Of the ticks with this id, oldest first. */
  readonly #byTraceId = new Map<string, StoredTick[]>();
  #lateSpansLeftOut = 0;

  constructor(maxTicks: number) {
    this.#maxTicks = maxTicks;
  }

  get size(): number {
    return this.#ticks.size;
  }

  /** Late spans that the page does not show because their tick has too many or has left; they are exported. */
  get lateSpansLeftOut(): number {
    return this.#lateSpansLeftOut;
  }

  add(kept: KeptTick, exportState: ExportState): void {
    if (this.#maxTicks <= 0) return;
    const { tick, keptBy } = kept;
    const stored: StoredTick = { tick, keptBy, exportState, lateSpans: [] };
    this.#ticks.set(tick, stored);
    const sameTrace = this.#byTraceId.get(tick.traceId);
    if (sameTrace === undefined) this.#byTraceId.set(tick.traceId, [stored]);
    else sameTrace.push(stored);
    if (this.#ticks.size > this.#maxTicks) this.#removeOldest();
  }

  /** Does nothing when the tick has left the store. */
  setState(tick: TickRecord, exportState: ExportState): void {
    const stored = this.#ticks.get(tick);
    if (stored !== undefined) stored.exportState = exportState;
  }

  addLateSpan(late: LateSpanRecord): void {
    const stored = this.#byTraceId
      .get(late.traceId)
      ?.find(({ tick }) => tick.lane === late.lane && tick.sequence === late.sequence);
    if (stored !== undefined && stored.lateSpans.length < MAX_LATE_SPANS_PER_TICK) {
      stored.lateSpans.push(late.span);
    } else {
      this.#lateSpansLeftOut++;
    }
  }

  /** Newest first. */
  list({ limit = DEFAULT_LIMIT, reason }: ListOptions = {}): KeptTicksJson {
    const wanted = Math.min(Math.max(Math.trunc(limit) || 0, 0), MAX_LIMIT);
    const ticks: KeptTickSummaryJson[] = [];
    for (const stored of [...this.#ticks.values()].reverse()) {
      if (ticks.length >= wanted) break;
      if (reason === undefined || stored.keptBy.includes(reason)) ticks.push(summarizeTick(stored));
    }
    return { ticks, stored: this.#ticks.size };
  }

  /** The latest tick of the trace. */
  get(traceId: string): KeptTickJson | undefined {
    const stored = this.#byTraceId.get(traceId)?.at(-1);
    return stored === undefined ? undefined : describeTick(stored);
  }

  #removeOldest(): void {
    for (const [tick] of this.#ticks) {
      this.#ticks.delete(tick);
      const sameTrace = this.#byTraceId.get(tick.traceId);
      sameTrace?.shift();
      if (sameTrace?.length === 0) this.#byTraceId.delete(tick.traceId);
      return;
    }
  }
}
