import { performance } from 'node:perf_hooks';
import type { AttributeValue, EndOutcome, Scope } from '@tickscope/core';
import { ForeignTick, ScopeRecorder } from '@tickscope/core/internal';
import {
  errorOf,
  type ForeignSpan,
  guardReasonsOf,
  identityOf,
  millisOf,
  numberAttribute,
  textAttribute,
} from './foreign-span.js';
import { OpenTicks } from './open-ticks.js';
import { yieldTracerProvider } from './provider/install.js';
import { checkedOptions, type TickscopeSpanProcessorOptions } from './span-processor-options.js';

const ROOT = 'tick_total';
const DEFAULT_STAGES = ['fetch_md', 'spread', 'guards', 'emit'];
const MAX_OPEN_STAGES = 64;
/** Stock SDKs truncate starts to the wall clock's millisecond; what differs by more was set by the caller. */
const CLOCK_GRAIN_MILLIS = 2;

/**
 * A SpanProcessor that feeds a stock SDK's spans to Tickscope: a span named `tick_total` is a tick, the spans
 * of the same trace that are named like stages are its stages. They count in the same histograms and counters
 * as ticks of Tickscope's own API, and leave the trading thread through the same shared memory; nothing is
 * encoded on it. Works with every provider that calls `onStart` and `onEnd`.
 *
 * Read from the root: attributes `symbol` and `deadline_ms` given at its start, `outcome` (as `tick.end` takes
 * it), an ERROR status, which is a failure; and from every span of the tick `guard_trip`: events with an
 * attribute `reason`, or an attribute with the reason. A root ends when its `end()` is called; a stage lasts
 * as long as its span says.
 *
 * Once made it never throws, and it holds at most 1 024 open ticks: beyond that the oldest is closed as abandoned.
 */
export class TickscopeSpanProcessor {
  readonly #scope: Scope;
  /** Undefined when the scope is not one that records: the processor is then inert. */
  readonly #loop: ScopeRecorder | undefined;
  readonly #stageNames: ReadonlySet<string>;
  readonly #attributes: readonly string[];
  readonly #open = new OpenTicks();
  #isShutDown = false;

  /**
   * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every option that is wrong; not for a scope that records
   * nothing, so that whoever switches telemetry off can always start the bot.
   */
  constructor(scope: Scope, options: TickscopeSpanProcessorOptions = {}) {
    this.#scope = scope;
    this.#loop = scope instanceof ScopeRecorder ? (scope as ScopeRecorder) : undefined;
    if (this.#loop !== undefined) yieldTracerProvider(this.#loop.recorder);
    const { stages, attributes } = this.#loop === undefined ? {} : checkedOptions(options);
    this.#stageNames = new Set(stages ?? declaredStages(this.#loop));
    this.#attributes = attributes ?? [];
  }

  onStart(span: ForeignSpan, _parentContext?: unknown): void {
    const loop = this.#loop;
    if (loop === undefined || this.#isShutDown || loop.recorder.isOff) return;
    try {
      if (span.name === ROOT) this.#startTick(loop, span);
      else if (this.#stageNames.has(span.name)) this.#startStage(span);
    } catch {
      loop.recorder.count('arguments_ignored');
    }
  }

  onEnd(span: ForeignSpan): void {
    const loop = this.#loop;
    if (loop === undefined) return;
    try {
      if (span.name === ROOT) this.#endTick(loop, span);
      else if (this.#stageNames.has(span.name)) this.#endStage(loop, span);
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
    const lag = Date.now() - (millisOf(span.startTime) ?? Number.NaN);
    const identity = identityOf(span);
    if (identity === undefined) return loop.recorder.count('arguments_ignored');
    const tick = new ForeignTick(loop, {
      ...identity,
      symbol: textAttribute(span, 'symbol'),
      // A start that was set is when the tick's cause arrived, as `startedAt` is for ticks of our own.
      startedAt: lag > CLOCK_GRAIN_MILLIS ? performance.now() - lag : undefined,
      deadlineMs: numberAttribute(span, 'deadline_ms'),
    });
    this.#open.add(identity.traceId, { tick, rootSpanId: identity.spanId, stages: new Map() });
  }

  #startStage(span: ForeignSpan): void {
    const identity = identityOf(span);
    if (identity === undefined) return;
    const open = this.#open.ofChild(identity);
    if (open === undefined || open.stages.size >= MAX_OPEN_STAGES) return;
    const parent = open.stages.get(identity.parentSpanId ?? '')?.index ?? 0;
    const stage = open.tick.startStage(span.name, identity.spanId, parent, performance.now());
    if (stage !== undefined) open.stages.set(identity.spanId, stage);
  }

  #endStage(loop: ScopeRecorder, span: ForeignSpan): void {
    const { recorder } = loop;
    const now = performance.now();
    const duration = millisOf(span.duration);
    if (duration === undefined) return recorder.count('arguments_ignored');
    const identity = identityOf(span);
    const open = identity && this.#open.ofStage(identity);
    if (open === undefined && recorder.isOff) return;
    // Before anything that can fail: the cells count whatever becomes of the frame.
    recorder.recordStage((open?.tick.loop ?? loop).stageOf(span.name).block, duration);
    const reasons = guardReasonsOf(span);
    const stage = open?.stages.get(identity?.spanId ?? '');
    if (open === undefined || stage === undefined || !open.tick.isOpen) {
      recorder.count('ended_late');
      for (const reason of reasons) recorder.f64[loop.guardOf(reason).cell]++;
      return;
    }
    const end = now - endLag(span);
    open.tick.endStage(stage, end - duration, end, errorOf(span));
    for (const reason of reasons) open.tick.guardTrip(reason);
  }

  #endTick(loop: ScopeRecorder, span: ForeignSpan): void {
    const identity = identityOf(span);
    const open = identity && this.#open.take(identity);
    // Begun before the processor was there, or abandoned, which has counted it.
    if (open === undefined || !open.tick.isOpen) return loop.recorder.count('ended_late');
    const { tick } = open;
    try {
      for (const reason of guardReasonsOf(span)) tick.guardTrip(reason);
      for (const key of this.#attributes) {
        const value = span.attributes[key];
        if (isAttributeValue(value)) tick.setAttribute(key, value);
      }
      const error = errorOf(span);
      if (error !== undefined) tick.fail(error);
      // The recorder checks the outcome, and counts one that it does not know.
      else tick.end(textAttribute(span, 'outcome') as EndOutcome | undefined);
    } finally {
      // A getter may have thrown; the tick has ended all the same. Does nothing after the above.
      tick.end(undefined);
    }
  }
}

function declaredStages(loop: ScopeRecorder | undefined): readonly string[] {
  const declared = [...(loop?.stages.keys() ?? [])].filter((name) => name !== 'wait');
  return declared.length > 0 ? declared : DEFAULT_STAGES;
}

/** How long ago the span ended, where the caller set its end; else nothing. */
function endLag(span: ForeignSpan): number {
  const lag = Date.now() - (millisOf(span.endTime) ?? Number.NaN);
  return lag > CLOCK_GRAIN_MILLIS ? lag : 0;
}

function isAttributeValue(value: unknown): value is AttributeValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
