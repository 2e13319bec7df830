import { performance } from 'node:perf_hooks';
import type { LogFields, ParentContext, Request, Tick, TickSpanContext } from '../api.js';
import {
  C_MODE,
  F_BEGIN,
  F_DEADLINE,
  F_END,
  F_FLAGS_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  F_SUBJECT_WORD,
  FIRST_LATE_INDEX,
  FIRST_REQUEST_INDEX,
  FLAG_FAILED,
  FLAG_GUARD,
  FLAG_MISSED,
  FLAG_REMOTE_PARENT,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  KIND_ERROR,
  KIND_GUARD,
  KIND_PARENT,
  KIND_STAGE,
  KIND_WAIT,
  LOOP_SHIFT,
  MODE_METRICS,
  OUTCOME_SHIFT,
  P_CURRENT_WORD,
  P_CURSOR,
  P_GENERATION_WORD,
  P_NEXT_INDEX_WORD,
  P_OPEN_WORD,
  PRIVATE_DOUBLES,
  tallyAt,
  W_LAST_ACTIVITY,
  W_OPEN_TICKS,
  W_SEQUENCE,
} from '../memory/layout.js';
import { type EndOutcome, TICK_OUTCOMES } from '../outcomes.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendDetail, appendText, messageOf } from './details.js';
import { contextOf, INVALID_CONTEXT, logFieldsOf } from './identity.js';
import type { LoopRecorder } from './loop-recorder.js';
import { NO_NAME } from './names.js';
import { runRequest } from './operation.js';
import type { Recorder } from './recorder.js';
import { runStage, type StageHandle } from './stage-handle.js';

const USE_AFTER_END = tallyAt('use_after_end');
const RECORDED = tallyAt('spans_recorded');
const IN_FLIGHT_FULL = tallyAt('spans_in_flight_full');
const ABANDONED = TICK_OUTCOMES.indexOf('abandoned');
const FAILED = TICK_OUTCOMES.indexOf('failed');
const GUARD = TICK_OUTCOMES.indexOf('guard');

const OUTCOME_CODES: ReadonlyMap<string, number> = new Map(
  TICK_OUTCOMES.map((outcome, code) => [outcome, code] as const).filter(
    ([outcome]) => outcome !== 'failed' && outcome !== 'guard' && outcome !== 'abandoned',
  ),
);

/**
 * An open tick. The handle itself holds only where the tick's slot is: all that is measured lies in shared
 * memory, where the worker sees it while the tick is still open.
 */
export class TickHandle<S extends string = string, G extends string = string> implements Tick<S, G> {
  readonly recorder: Recorder;
  readonly isPooled: boolean;
  loop!: LoopRecorder;
  /** Double index of the in-flight slot; -1 once ended. */
  at = -1;
  slot = -1;
  symbolId = 0;
  parent: ParentContext | undefined = undefined;
  /** Ambient ticks only: what ids are computed from once the slot is someone else's. A double from the start. */
  sequence = Number.NaN;
  /** Span index of the next operation that starts after the tick has ended. */
  lateIndex = FIRST_LATE_INDEX;

  constructor(recorder: Recorder, isPooled: boolean) {
    this.recorder = recorder;
    this.isPooled = isPooled;
  }

  open(
    loop: LoopRecorder<S, G>,
    symbol: string | undefined,
    startedAt: number | undefined,
    deadlineMs: number | undefined,
    parent: ParentContext | undefined,
  ): void {
    const recorder = this.recorder;
    const { f64, i32, inFlight } = recorder;
    const now = performance.now();
    const slot = inFlight.take(this as unknown as TickHandle);
    const at = inFlight.at(slot);
    this.loop = loop as unknown as LoopRecorder;
    this.slot = slot;
    this.at = at;

    const word = at * 2;
    const frame = at + PRIVATE_DOUBLES;
    const frameWord = frame * 2;
    const sequence = f64[W_SEQUENCE] + 1;
    f64[W_SEQUENCE] = sequence;
    f64[W_LAST_ACTIVITY] = now;
    f64[at + P_CURSOR] = now;
    i32[word + P_GENERATION_WORD]++;
    i32[word + P_CURRENT_WORD] = 0;
    i32[word + P_NEXT_INDEX_WORD] = FIRST_REQUEST_INDEX;
    const canTrace = inFlight.canTrace(slot);
    // A slot without room for records looks full from the start: every append is refused and only counted.
    i32[frameWord + F_SIZE_WORD] = (canTrace ? FRAME_HEADER_SLOTS : FRAME_MAX_SLOTS) | 0x1_0000;
    const isTraced = canTrace && i32[C_MODE] > MODE_METRICS;
    i32[frameWord + F_FLAGS_WORD] = (loop.id << LOOP_SHIFT) | (isTraced ? 0 : FLAG_UNTRACED);
    f64[frame + F_SEQUENCE] = sequence;
    f64[frame + F_START] = now;
    f64[frame + F_END] = 0;
    f64[frame + F_BEGIN] = now;
    f64[frame + F_DEADLINE] =
      deadlineMs === undefined ? loop.deadlineMillis : loop.checkedDeadline(deadlineMs);
    let symbolId = 0;
    if (symbol !== undefined) {
      symbolId = recorder.names.id(symbol);
      recorder.symbolOpened(symbolId);
    }
    this.symbolId = symbolId;
    i32[frameWord + F_SUBJECT_WORD] = symbolId;
    i32[W_OPEN_TICKS]++;
    if (!this.isPooled) this.sequence = sequence;
    if (startedAt !== undefined) this.#waitSince(startedAt, now);
    if (parent !== undefined) this.#continue(parent);
    // Last: the worker looks at a slot only once it is marked open.
    i32[word + P_OPEN_WORD] = 1;
  }

  lap(stage: S): void {
    const at = this.at;
    if (at < 0) return this.misused();
    const recorder = this.recorder;
    const f64 = recorder.f64;
    const now = performance.now();
    const start = f64[at + P_CURSOR];
    f64[at + P_CURSOR] = now;
    const definition = this.loop.stageOf(stage);
    recorder.record(definition.series, now - start);
    recorder.appendSpan(at, definition.nameId, KIND_STAGE, 0, start, now);
  }

  stage<T>(stage: S, fn: (stage: StageHandle<S>) => T): T {
    return runStage(
      this as unknown as TickHandle,
      this.#parentOfNew(),
      stage,
      fn as (stage: StageHandle) => T,
    );
  }

  start(stage: S): StageHandle<S> {
    const handle = this.recorder.stages.take() as StageHandle<S>;
    handle.open(this as unknown as TickHandle, this.#parentOfNew(), stage);
    return handle;
  }

  guardTrip(reason: G): void {
    const at = this.at;
    if (at < 0) return this.misused();
    const recorder = this.recorder;
    if (typeof reason !== 'string') return recorder.count('arguments_ignored');
    const guard = this.loop.guardOf(reason);
    recorder.f64[guard.cell]++;
    recorder.i32[(at + PRIVATE_DOUBLES) * 2 + F_FLAGS_WORD] |= FLAG_GUARD;
    appendDetail(recorder, at, KIND_GUARD, guard.nameId, 0, performance.now(), 0, 0);
  }

  setAttribute(key: string, value: AttributeValue): this {
    const at = this.at;
    if (at < 0) this.misused();
    else appendAttribute(this.recorder, at, 0, key, value);
    return this;
  }

  exchangeRequest<T>(verb: string, api: string, fn: (request: Request) => T): T {
    return runRequest(this.recorder, this as unknown as TickHandle, verb, api, fn);
  }

  run<T>(fn: () => T): T {
    return this.recorder.ambient.run(this as unknown as TickHandle, fn, undefined);
  }

  bind<F extends (...args: never[]) => unknown>(fn: F): F {
    const tick = this as unknown as TickHandle;
    const { recorder } = this;
    return function bound(this: unknown, ...args: never[]) {
      return recorder.ambient.run(tick, () => fn.apply(this, args), undefined);
    } as unknown as F;
  }

  end(outcome?: EndOutcome): void {
    if (this.at < 0) return this.misused();
    let code = 0;
    if (outcome !== undefined) {
      const known = OUTCOME_CODES.get(outcome);
      if (known === undefined) this.recorder.count('arguments_ignored');
      else code = known;
    }
    this.#close(code);
  }

  fail(error?: unknown): void {
    const at = this.at;
    if (at < 0) return this.misused();
    const { recorder } = this;
    recorder.i32[(at + PRIVATE_DOUBLES) * 2 + F_FLAGS_WORD] |= FLAG_FAILED;
    if (error !== undefined) appendText(recorder, at, KIND_ERROR, NO_NAME, 0, messageOf(error));
    this.#close(0);
  }

  /** The end of a callback: of a tick that its body ended, nothing is left to do. */
  settle(failed: boolean, error: unknown): void {
    if (this.at < 0) return;
    if (failed) this.fail(error);
    else this.#close(0);
  }

  /** Closes a tick that was never ended. It counts as a miss. */
  abandon(): void {
    if (this.at < 0) return;
    this.recorder.count('ticks_abandoned');
    this.#close(ABANDONED);
  }

  [Symbol.dispose](): void {
    if (this.at >= 0) this.#close(0);
  }

  spanContext(): TickSpanContext {
    const sequence = this.currentSequence;
    return sequence > 0 ? contextOf(this.recorder, sequence, 0, this.parent) : this.#noContext();
  }

  logFields(): LogFields {
    return logFieldsOf(this.spanContext());
  }

  /** The tick's sequence; NaN for a recycled handle that was ended. */
  get currentSequence(): number {
    return this.at < 0 ? this.sequence : this.recorder.f64[this.at + PRIVATE_DOUBLES + F_SEQUENCE];
  }

  get generation(): number {
    return this.recorder.i32[this.at * 2 + P_GENERATION_WORD];
  }

  misused(): void {
    this.recorder.f64[USE_AFTER_END]++;
  }

  #noContext(): TickSpanContext {
    this.misused();
    return INVALID_CONTEXT;
  }

  #parentOfNew(): number {
    return this.at < 0 ? 0 : this.recorder.i32[this.at * 2 + P_CURRENT_WORD];
  }

  #waitSince(startedAt: number, now: number): void {
    const start = this.loop.checkedStart(startedAt, now);
    if (!(start < now)) return;
    const { recorder, at } = this;
    recorder.f64[at + PRIVATE_DOUBLES + F_START] = start;
    recorder.record(this.loop.wait.series, now - start);
    recorder.appendSpan(at, this.loop.wait.nameId, KIND_WAIT, 0, start, now);
  }

  #continue(parent: ParentContext): void {
    const { traceId, spanId, traceFlags } = parent;
    if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId) || !(traceFlags >= 0)) {
      return this.recorder.count('arguments_ignored');
    }
    this.parent = parent;
    this.recorder.i32[(this.at + PRIVATE_DOUBLES) * 2 + F_FLAGS_WORD] |= FLAG_REMOTE_PARENT;
    const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
    appendText(this.recorder, this.at, KIND_PARENT, NO_NAME, 0, `${traceId}-${spanId}-${flags}`);
  }

  #close(given: number): void {
    const at = this.at;
    this.at = -1;
    const { recorder, loop } = this;
    const { f64, i32 } = recorder;
    const frame = at + PRIVATE_DOUBLES;
    const frameWord = frame * 2;
    const now = performance.now();
    const total = now - f64[frame + F_START];
    f64[frame + F_END] = now;
    f64[W_LAST_ACTIVITY] = now;
    recorder.record(loop.total, total);
    let flags = i32[frameWord + F_FLAGS_WORD];
    let outcome = given;
    if (total > f64[frame + F_DEADLINE] || given === ABANDONED) {
      flags |= FLAG_MISSED;
      f64[loop.missCell]++;
    }
    if ((flags & (FLAG_FAILED | FLAG_GUARD)) !== 0 && given !== ABANDONED) {
      outcome = (flags & FLAG_FAILED) !== 0 ? FAILED : GUARD;
    }
    f64[loop.outcomeCells[outcome]]++;
    i32[frameWord + F_FLAGS_WORD] = flags;
    i32[frameWord + F_SUBJECT_WORD] = this.symbolId | (outcome << OUTCOME_SHIFT);
    i32[at * 2 + P_OPEN_WORD] = 0;
    i32[W_OPEN_TICKS]--;
    if (this.symbolId !== 0) recorder.symbolClosed(this.symbolId);
    if ((flags & FLAG_UNTRACED) === 0) {
      recorder.publish(frame, (flags & (FLAG_MISSED | FLAG_FAILED | FLAG_GUARD)) !== 0);
    } else if (!recorder.inFlight.canTrace(this.slot) && i32[C_MODE] > MODE_METRICS) {
      const spans = i32[frameWord + F_SIZE_WORD] >>> 16;
      f64[RECORDED] += spans;
      f64[IN_FLIGHT_FULL] += spans;
    }
    recorder.inFlight.give(this.slot);
    if (this.isPooled) {
      this.parent = undefined;
      recorder.ticks.give(this as unknown as TickHandle);
    }
  }
}
