/**
 * Decides about spans of OpenTelemetry's API. One inside a tick follows the tick, so that a late tick is traced with
 * everything that happened in it; any other was sampled when it began.
 */
import type { ApiSpanRecord, RegionReader } from '@tickscope/core/internal';
import type { KeptApiSpan } from '../kept-tick.js';
import type { Verdicts } from '../ledger.js';
import type { KeepReason } from '../protocol.js';
import type { Decision, KeptIds } from './kept-ids.js';
import { type PendingSpan, PendingSpans } from './pending-spans.js';
import type { SpanBudget } from './span-budget.js';

/** 16 MiB of frames. */
const MAX_PENDING_WORDS = 4_194_304;
/** A tick's frame and its spans' are read within milliseconds of each other. */
const SWEEP_INTERVAL_MILLIS = 1_000;
const BY_RATIO: readonly KeepReason[] = ['ratio'];

interface ApiSpansOptions {
  readonly readers: readonly RegionReader[];
  readonly keptIds: KeptIds;
  readonly budget: SpanBudget;
  readonly verdicts: Verdicts;
  /** Wall clock of `performance.now() === 0`, in force now. */
  readonly originUnixNanos: () => bigint;
  readonly onKept: (kept: KeptApiSpan) => void;
  /** @returns false when the tick has left already. */
  readonly onSupplement: (supplement: ApiSpanRecord) => boolean;
}

export class ApiSpans {
  readonly #options: ApiSpansOptions;
  readonly #pending: PendingSpans;
  #nextSweepMillis = 0;
  #lateSupplements = 0;

  constructor(options: ApiSpansOptions) {
    this.#options = options;
    this.#pending = new PendingSpans(MAX_PENDING_WORDS, (spans) => {
      options.verdicts.dropped('pending_full', countOf(spans));
    });
  }

  /** Spans that wait for their tick. */
  get pendingSpans(): number {
    return this.#pending.spans;
  }

  /** Events, links and attributes for a tick's own spans that came when it had been handed to export. */
  get lateSupplements(): number {
    return this.#lateSupplements;
  }

  receive(reader: RegionReader, frame: Int32Array): void {
    const { tickSequence, isSupplement, isAfterTick } = reader.spanDecoder.facts(frame);
    const span = { frame, isSupplement, isAfterTick };
    if (tickSequence === 0) return this.#keep(reader, span, undefined, BY_RATIO);
    const decision = this.#options.keptIds.decisionOf(reader.lane, tickSequence);
    if (decision !== undefined) this.#settle(reader, tickSequence, span, decision);
    else this.#pending.add(reader.lane, tickSequence, span, performance.now());
  }

  /** What waits for this tick follows it. */
  onDecision(reader: RegionReader, sequence: number, decision: Decision): void {
    if (this.#pending.ticks === 0) return;
    for (const span of this.#pending.take(reader.lane, sequence)) {
      this.#settle(reader, sequence, span, decision);
    }
  }

  /** To be called between turns of the drain, `isEmpty` being what the last one said. */
  sweep(nowMillis: number, isEmpty: boolean): void {
    if (!isEmpty || nowMillis < this.#nextSweepMillis) return;
    this.#nextSweepMillis = nowMillis + SWEEP_INTERVAL_MILLIS;
    this.#dropLost(nowMillis - SWEEP_INTERVAL_MILLIS);
  }

  /**
   * For a flush, twice, the rings being read to their end before each call: of a tick that was not open at the
   * first, nothing more will be heard at the second.
   */
  lookForLost(): void {
    this.#dropLost(Number.POSITIVE_INFINITY);
  }

  #dropLost(olderThanMillis: number): void {
    if (this.#pending.ticks === 0) return;
    const open = new Map(this.#options.readers.map((reader) => [reader.lane, reader.openSequences()]));
    const isOpen = (lane: number, sequence: number) => open.get(lane)?.has(sequence) ?? false;
    for (const { isSupplement, isAfterTick } of this.#pending.takeLost(isOpen, olderThanMillis)) {
      if (isSupplement) continue;
      // The decision is no longer remembered, as of a tick that was sampled out long ago.
      if (isAfterTick) this.#options.verdicts.sampledOut(1);
      else this.#options.verdicts.dropped('tick_not_traced', 1);
    }
  }

  #settle(reader: RegionReader, sequence: number, span: PendingSpan, decision: Decision): void {
    const { keptBy, isSampledOut, threshold = 0 } = decision;
    if (keptBy.length > 0) {
      const isByRatio = keptBy.includes('ratio');
      const trace =
        decision.trace ??
        reader.decoder.ownTrace(sequence, threshold, isByRatio, this.#options.originUnixNanos());
      return this.#keep(reader, span, trace, keptBy);
    }
    if (span.isSupplement) return;
    if (isSampledOut) this.#options.verdicts.sampledOut(1);
    else this.#options.verdicts.dropped('span_budget', 1);
  }

  #keep(
    reader: RegionReader,
    { frame, isSupplement }: PendingSpan,
    trace: KeptApiSpan['trace'],
    keptBy: readonly KeepReason[],
  ): void {
    const { verdicts, budget, onKept, onSupplement } = this.#options;
    let span: ApiSpanRecord;
    try {
      span = reader.spanDecoder.decode(frame);
    } catch {
      return isSupplement ? undefined : verdicts.dropped('invalid_record', 1);
    }
    if (isSupplement) {
      if (!onSupplement(span)) this.#lateSupplements++;
    } else if (budget.tryTake(keptBy, 1)) onKept({ span, trace, keptBy });
    else verdicts.dropped('span_budget', 1);
  }
}

function countOf(spans: readonly PendingSpan[]): number {
  return spans.reduce((sum, { isSupplement }) => sum + (isSupplement ? 0 : 1), 0);
}
