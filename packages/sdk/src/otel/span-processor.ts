import { performance } from 'node:perf_hooks';
import type { EndOutcome, Scope } from '@tickscope/core';
import { type ForeignStage, ForeignTick, ScopeRecorder } from '@tickscope/core/internal';
import {
  errorOf,
  type ForeignSpan,
  guardReasonsOf,
  identityOf,
  millisOf,
  numberAttribute,
  type SpanIdentity,
  textAttribute,
} from './foreign-span.js';
import { type OpenSpan, OpenSpans } from './open-spans.js';
import { type OpenTick, OpenTicks } from './open-ticks.js';
import { yieldTracerProvider } from './provider/install.js';
import { type SpanRecorder, spanRecorderOf } from './provider/span-recorder.js';
import { reliableThreshold } from './sampling/ot-trace-state.js';
import { SpanCopier } from './span-copier.js';
import { checkedProcessorOptions, type TickscopeSpanProcessorOptions } from './span-processor-options.js';
import { CLOCK_GRAIN_MILLIS, givenDuration, isStartGiven, lagOf, ownStart } from './span-times.js';

const ROOT = 'tick_total';
const DEFAULT_STAGES = ['fetch_md', 'spread', 'guards', 'emit'];
const FLAG_SAMPLED = 1;

/**
 * A SpanProcessor that feeds a stock SDK's spans, of the 2.x or 3.x line, to Tickscope: a span named `tick_total` is a
 * tick, the spans of the same trace that are named like stages are its stages. They count in the same histograms and
 * counters as ticks of Tickscope's own API. Every other span is exported as it is: with its tick, if it belongs to one
 * and that is kept, else if it is sampled. All leave the trading thread through shared memory; nothing is encoded for
 * a backend on it. Works with every provider that calls `onStart` and `onEnd`.
 *
 * Read from the root: attributes `symbol` and `deadline_ms` given at its start, `outcome` (as `tick.end` takes
 * it), an ERROR status, which is a failure; and from every span of the tick `guard_trip`: events with an
 * attribute `reason`, or an attribute with the reason.
 *
 * Once made it never throws. It holds at most 1 024 open ticks: beyond that the oldest is closed as abandoned; and
 * notes on 16 384 open spans: beyond that the oldest counts as begun before the processor was there.
 */
export class TickscopeSpanProcessor {
  readonly #scope: Scope;
  /** Undefined when the scope is not one that records: the processor is then inert. */
  readonly #loop: ScopeRecorder | undefined;
  readonly #stageNames: ReadonlySet<string>;
  readonly #exportsOthers: boolean;
  readonly #copier: SpanCopier | undefined;
  readonly #spans: SpanRecorder | undefined;
  readonly #openTicks = new OpenTicks();
  readonly #openSpans = new OpenSpans();
  #isShutDown = false;

  /**
   * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every option that is wrong; not for a scope that records
   * nothing, so that whoever switches telemetry off can always start the bot.
   */
  constructor(scope: Scope, options: TickscopeSpanProcessorOptions = {}) {
    this.#scope = scope;
    this.#loop = scope instanceof ScopeRecorder ? (scope as ScopeRecorder) : undefined;
    if (this.#loop !== undefined) yieldTracerProvider(this.#loop.recorder);
    const { stages, attributes, otherSpans } =
      this.#loop === undefined ? {} : checkedProcessorOptions(options);
    this.#stageNames = new Set(stages ?? declaredStages(this.#loop));
    this.#exportsOthers = otherSpans !== false;
    this.#spans = this.#loop && spanRecorderOf(this.#loop.recorder);
    this.#copier = this.#spans && new SpanCopier(this.#spans.losses, attributes && new Set(attributes));
  }

  onStart(span: ForeignSpan, _parentContext?: unknown): void {
    const loop = this.#loop;
    if (loop === undefined || this.#isShutDown || loop.recorder.isOff) return;
    try {
      if (span.name === ROOT) this.#startTick(loop, span);
      else this.#startSpan(span);
    } catch {
      loop.recorder.count('arguments_ignored');
    }
  }

  onEnd(span: ForeignSpan): void {
    const loop = this.#loop;
    if (loop === undefined) return;
    try {
      const now = performance.now();
      const { spanId } = span.spanContext();
      const open = this.#openSpans.take(spanId);
      const { name } = span;
      // Its name may have been changed since: a tick and a stage stay what they were.
      if (open?.tick?.rootSpanId === spanId) this.#endTick(loop, span, open, open.tick, now);
      else if (open?.stage !== undefined) this.#endStage(loop, span, open.stage.name, open, now);
      else if (this.#stageNames.has(name)) this.#endStage(loop, span, name, open, now);
      // Begun before the processor was there.
      else if (name === ROOT && open === undefined) loop.recorder.count('ended_late');
      else if (this.#exportsOthers) this.#export(loop, span, open);
    } catch {
      loop.recorder.count('arguments_ignored');
    }
  }

  /** As `scope.flush()`: bounded in time, never rejected. */
  async forceFlush(): Promise<void> {
    try {
      await this.#scope.flush();
    } catch {
      this.#loop?.recorder.count('arguments_ignored');
    }
  }

  /** Takes no new ticks, and flushes. The scope itself goes on: whoever registered it shuts it down. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.forceFlush();
  }

  #startTick(loop: ScopeRecorder, span: ForeignSpan): void {
    // First of all, so that the work below never looks like time that the tick has waited.
    const lag = lagOf(span.startTime);
    const now = performance.now();
    const identity = identityOf(span);
    if (identity === undefined) return loop.recorder.count('arguments_ignored');
    const parent = this.#openSpans.parentOf(identity);
    const tick = new ForeignTick(loop, {
      ...identity,
      threshold: reliableThreshold(identity),
      symbol: textAttribute(span, 'symbol'),
      // A start that was set is when the tick's cause arrived, as `startedAt` is for ticks of our own.
      startedAt: lag > CLOCK_GRAIN_MILLIS && isStartGiven(span) ? now - lag : undefined,
      deadlineMs: numberAttribute(span, 'deadline_ms'),
    });
    const open = { tick, rootSpanId: identity.spanId, stages: new Map(), isEnded: false };
    this.#openTicks.add(identity.traceId, open);
    this.#note(span, identity, open, undefined, parent, now);
  }

  #startSpan(span: ForeignSpan): void {
    const now = performance.now();
    const identity = identityOf(span);
    if (identity === undefined) return;
    const isStage = this.#stageNames.has(span.name);
    const parent = this.#openSpans.parentOf(identity);
    const isFromElsewhere = !isStage && span.parentSpanContext?.isRemote === true;
    const tick =
      parent !== undefined ? parent.tick : isFromElsewhere ? undefined : this.#openTicks.ofChild(identity);
    let stage: ForeignStage | undefined;
    if (isStage && tick !== undefined) {
      const parentStage = parent?.stage ?? tick.stages.get(identity.parentSpanId ?? '');
      stage = tick.tick.startStage(span.name, identity.spanId, parentStage?.index ?? 0, now);
      if (stage !== undefined && stage.offset >= 0) tick.stages.set(identity.spanId, stage);
    }
    this.#note(span, identity, tick, stage, parent, now);
  }

  #note(
    span: ForeignSpan,
    identity: SpanIdentity,
    tick: OpenTick | undefined,
    stage: ForeignStage | undefined,
    parent: OpenSpan | undefined,
    now: number,
  ): void {
    const originUnixMicros = parent?.originUnixMicros ?? this.#originAt(now);
    this.#openSpans.add({ identity, tick, stage, startMillis: ownStart(span, now), originUnixMicros });
  }

  #originAt(now: number): number {
    return this.#spans?.origin.microsAt(now) ?? 0;
  }

  #endStage(
    loop: ScopeRecorder,
    span: ForeignSpan,
    name: string,
    open: OpenSpan | undefined,
    now: number,
  ): void {
    const { recorder } = loop;
    const duration = millisOf(span.duration);
    if (duration === undefined) return recorder.count('arguments_ignored');
    if (open === undefined && recorder.isOff) return;
    const tick = open?.tick;
    // Before anything that can fail: the cells count whatever becomes of the frame.
    recorder.recordStage((tick?.tick.loop ?? loop).stageOf(name).block, duration);
    const reasons = guardReasonsOf(span);
    const isInTime = tick?.tick.isOpen === true;
    if (isInTime) {
      for (const reason of reasons) tick.tick.guardTrip(reason);
    } else {
      // Its tick is gone, or its start was not seen.
      if (open === undefined || tick !== undefined) recorder.count('ended_late');
      for (const reason of reasons) recorder.f64[loop.guardOf(reason).cell]++;
    }
    const stage = open?.stage;
    const isInFrame = stage !== undefined && stage.offset >= 0;
    if (isInTime && isInFrame) {
      const end = now - endLag(span);
      tick.tick.endStage(stage, end - duration, end, errorOf(span));
      this.#supplement(span, tick, open as OpenSpan);
    } else if (!isInFrame || tick?.isEnded) {
      this.#export(loop, span, open);
    }
  }

  #endTick(loop: ScopeRecorder, span: ForeignSpan, open: OpenSpan, ending: OpenTick, now: number): void {
    this.#openTicks.take(open.identity);
    const { tick, stages } = ending;
    // Abandoned, which has counted it.
    if (!tick.isOpen) return loop.recorder.count('ended_late');
    const start = tick.startMillis;
    let end: number | undefined;
    let error: string | undefined;
    let outcome: string | undefined;
    try {
      const duration = givenDuration(span, start, now);
      if (duration !== undefined) end = start + duration;
      outcome = textAttribute(span, 'outcome');
      error = errorOf(span);
      for (const reason of guardReasonsOf(span)) tick.guardTrip(reason);
      this.#supplement(span, ending, open);
    } catch {
      // A getter may have thrown; the tick has ended all the same.
      loop.recorder.count('arguments_ignored');
    }
    tick.moveOpenStages(stages.values());
    ending.isEnded = true;
    if (error !== undefined) tick.fail(error, end);
    // The recorder checks the outcome, and counts one that it does not know.
    else tick.end(outcome as EndOutcome | undefined, end);
  }

  /** Hands over what the frame of the span's tick cannot carry. */
  #supplement(span: ForeignSpan, open: OpenTick, place: OpenSpan): void {
    const { tick } = open;
    if (!tick.isTraced || this.#copier === undefined) return;
    const placement = { tick, startMillis: place.startMillis, originUnixMicros: place.originUnixMicros };
    const more = this.#copier.supplement(span, tick, place.stage, placement);
    if (more === undefined) return;
    tick.expectMore();
    this.#spans?.encoder.supplement(more);
  }

  /** Hands over a whole span: it is decided with its tick, or by its sampled flag. */
  #export(loop: ScopeRecorder, span: ForeignSpan, open: OpenSpan | undefined): void {
    const { recorder } = loop;
    const { mode } = recorder;
    if (mode === 'off' || mode === 'metrics' || this.#copier === undefined) return;
    const identity = open?.identity ?? identityOf(span);
    if (identity === undefined) return recorder.count('arguments_ignored');
    const tick = open?.tick?.tick;
    const isWanted = tick === undefined ? (identity.traceFlags & FLAG_SAMPLED) !== 0 : tick.isTraced;
    if (!isWanted) return;
    const placement = {
      tick,
      startMillis: open?.startMillis,
      originUnixMicros: open?.originUnixMicros ?? this.#originAt(performance.now()),
    };
    const copy = this.#copier.copy(span, identity, placement);
    tick?.expectMore();
    this.#spans?.encoder.encode(copy);
  }
}

function declaredStages(loop: ScopeRecorder | undefined): readonly string[] {
  const declared = [...(loop?.stages.keys() ?? [])].filter((name) => name !== 'wait');
  return declared.length > 0 ? declared : DEFAULT_STAGES;
}

/** How long ago the span ended, where the caller set its end; else nothing. */
function endLag(span: ForeignSpan): number {
  const lag = lagOf(span.endTime);
  return lag > CLOCK_GRAIN_MILLIS ? lag : 0;
}
