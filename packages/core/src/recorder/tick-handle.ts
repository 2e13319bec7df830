import { performance } from 'node:perf_hooks';
import type { LogFields, ParentContext, Request, Stage, TickSpanContext } from '../api.js';
import { ONE_BELOW } from '../memory/cell-writer.js';
import { recordHead } from '../memory/frame-writer.js';
import {
  C_MODE,
  F_CURRENT_WORD,
  F_CURSOR,
  F_DEADLINE,
  F_END,
  F_FLAGS_WORD,
  F_GENERATION_WORD,
  F_POSITION,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  F_SUBJECT_WORD,
  FIRST_LATE_INDEX,
  FIRST_REQUEST_INDEX,
  FLAG_FAILED,
  FLAG_GUARD,
  FLAG_MISSED,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  H_RING_AT,
  HISTOGRAM_CELLS,
  HISTOGRAM_MAX,
  HISTOGRAM_SUM,
  KIND_ERROR,
  KIND_GUARD,
  LOOP_SHIFT,
  MODE_METRICS,
  ONE_SPAN,
  OUTCOME_SHIFT,
  R_GENERATION,
  SLOT_DOUBLES,
  tallyAt,
  W_LAST_END,
  W_SEQUENCE,
} from '../memory/layout.js';
import { type EndOutcome, TICK_OUTCOMES } from '../outcomes.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendDetail, appendParent, appendText, messageOf } from './details.js';
import type { TickHandle } from './handles.js';
import { checkedParent, contextOf, INVALID_CONTEXT, logFieldsOf } from './identity.js';
import type { LoopRecorder } from './loop-recorder.js';
import { NO_NAME } from './names.js';
import { runRequest } from './operation.js';
import type { Recorder } from './recorder.js';

const USE_AFTER_END = tallyAt('use_after_end');
const IN_FLIGHT_FULL = tallyAt('spans_in_flight_full');
const ABANDONED = TICK_OUTCOMES.indexOf('abandoned');
const FAILED = TICK_OUTCOMES.indexOf('failed');
const GUARD = TICK_OUTCOMES.indexOf('guard');
/** With an outcome's code: a tick that ends at a time that its caller gives. */
const END_GIVEN = 0x100;
const URGENT = FLAG_MISSED | FLAG_FAILED | FLAG_GUARD;
/** Position of a fresh frame: no span is synchronously open, requests start at their first index. */
const FRESH_POSITION = recordHead(0, 0, FIRST_REQUEST_INDEX);

const OUTCOME_CODES: ReadonlyMap<string, number> = new Map(
  TICK_OUTCOMES.map((outcome, code) => [outcome, code] as const).filter(
    ([outcome]) => outcome !== 'failed' && outcome !== 'guard' && outcome !== 'abandoned',
  ),
);

export type TickHandleClass = new (place: number) => TickHandle;

/**
 * The class of a recorder's tick handles. It closes over the recorder's memory: the compiler then has the
 * arrays' addresses and lengths as constants, a quarter of a tick's own cost (docs/decisions).
 *
 * The handle itself holds only where the tick's frame is: all that is measured lies in shared memory, where
 * the worker sees it while the tick is still open.
 */
export function bindTickHandle(recorder: Recorder): TickHandleClass {
  const { f64, i32, inFlight, names, ticks, recordStage, placeSpan, commitSpan } = recorder;
  const { publish, publishInRing } = recorder;
  const { scratch, scratchWords, shift, first, last } = recorder.stageCells;
  const ringAt = i32[H_RING_AT] / 8;
  const ringGeneration = i32[H_RING_AT] / 4 + R_GENERATION;

  return class BoundTickHandle implements TickHandle {
    place: number;
    loop!: LoopRecorder;
    at = -1;
    parent: ParentContext | undefined = undefined;
    /** A double from the start: what ids are computed from once the slot is someone else's. */
    sequence = Number.NaN;
    lateIndex = FIRST_LATE_INDEX;

    constructor(place: number) {
      this.place = place;
    }

    get kind(): 'tick' {
      return 'tick';
    }

    get recorder(): Recorder {
      return recorder;
    }

    open(
      loop: LoopRecorder,
      symbol: string | undefined,
      startedAt: number | undefined,
      deadlineMs: number | undefined,
      given: ParentContext | undefined,
    ): void {
      // First: a parent's getters are the bot's code and may begin another tick.
      const parent = given === undefined ? undefined : checkedParent(recorder, given);
      const now = performance.now();
      let at = inFlight.enterRing(this);
      let generation = ringGeneration;
      let canTrace = true;
      if (at < 0) {
        at = inFlight.take(this);
        generation = at * 2 + F_GENERATION_WORD;
        canTrace = inFlight.canTrace(at);
      }
      this.loop = loop;
      this.at = at;

      const word = at * 2;
      const sequence = f64[W_SEQUENCE] + 1;
      f64[W_SEQUENCE] = sequence;
      f64[at + F_CURSOR] = now;
      f64[at + F_POSITION] = FRESH_POSITION;
      // A slot without room for records looks full from the start: every append is refused and only counted.
      i32[word + F_SIZE_WORD] = (canTrace ? FRAME_HEADER_SLOTS : FRAME_MAX_SLOTS) | 0x1_0000;
      const isTraced = canTrace && i32[C_MODE] > MODE_METRICS;
      i32[word + F_FLAGS_WORD] = (loop.id << LOOP_SHIFT) | (isTraced ? 0 : FLAG_UNTRACED);
      f64[at + F_SEQUENCE] = sequence;
      f64[at + F_START] = now;
      f64[at + F_DEADLINE] =
        deadlineMs === undefined ? loop.deadlineMillis : loop.checkedDeadline(deadlineMs);
      let symbolId = 0;
      if (symbol !== undefined) {
        symbolId = names.symbolId(symbol);
        recorder.symbolOpened(symbolId);
      }
      i32[word + F_SUBJECT_WORD] = symbolId;
      if (this.place < 0) this.sequence = sequence;
      if (startedAt !== undefined) this.#waitSince(startedAt, now);
      if (parent !== undefined) {
        this.parent = parent;
        appendParent(recorder, this.at, parent);
      }
      // Last: the worker looks at a slot only while its generation is odd.
      i32[generation]++;
    }

    lap(stage: string): void {
      const at = this.at;
      if (at < 0) return this.misused();
      const now = performance.now();
      const start = f64[at + F_CURSOR];
      f64[at + F_CURSOR] = now;
      const { block, head } = this.loop.stageOf(stage);
      const millis = now - start;
      scratch[0] = millis * ONE_BELOW;
      let cell = (scratchWords[1] >> shift) - first;
      if (cell < 0) cell = 0;
      else if (cell > last) cell = last;
      f64[block + HISTOGRAM_CELLS + cell]++;
      f64[block + HISTOGRAM_SUM] += millis;
      if (millis > f64[block + HISTOGRAM_MAX]) f64[block + HISTOGRAM_MAX] = millis;
      // A copy of placeSpan and commitSpan that reads the size once.
      const size = i32[at * 2 + F_SIZE_WORD];
      const slots = size & 0xffff;
      if (slots >= FRAME_MAX_SLOTS) {
        placeSpan(at);
        return;
      }
      const record = at + slots * SLOT_DOUBLES;
      f64[record] = start;
      f64[record + 1] = now;
      f64[record + 2] = head;
      i32[at * 2 + F_SIZE_WORD] = size + ONE_SPAN;
    }

    stage<T>(stage: string, fn: (stage: Stage) => T): T {
      return recorder.runStage(this, this.#parentOfNew(), stage, fn);
    }

    start(stage: string): Stage {
      const handle = recorder.stages.take();
      handle.open(this, this.#parentOfNew(), stage);
      return handle;
    }

    guardTrip(reason: string): void {
      const at = this.at;
      if (at < 0) return this.misused();
      if (typeof reason !== 'string') return recorder.count('arguments_ignored');
      const guard = this.loop.guardOf(reason);
      f64[guard.cell]++;
      i32[at * 2 + F_FLAGS_WORD] |= FLAG_GUARD;
      appendDetail(recorder, at, KIND_GUARD, guard.nameId, 0, performance.now(), 0, 0);
    }

    setAttribute(key: string, value: AttributeValue): this {
      const at = this.at;
      if (at < 0) this.misused();
      else appendAttribute(recorder, at, 0, key, value);
      return this;
    }

    exchangeRequest<T>(verb: string, api: string, fn: (request: Request) => T): T {
      return runRequest(recorder, this, verb, api, fn);
    }

    run<T>(fn: () => T): T {
      return this.#keep() ? recorder.ambient.run(this, fn, undefined) : fn();
    }

    bind<F extends (...args: never[]) => unknown>(fn: F): F {
      if (!this.#keep()) return fn;
      const tick = this;
      return function bound(this: unknown, ...args: never[]) {
        return recorder.ambient.run(tick, () => fn.apply(this, args), undefined);
      } as unknown as F;
    }

    end(outcome?: EndOutcome): void {
      if (this.at < 0) return this.misused();
      this.#close(outcome === undefined ? 0 : this.#codeOf(outcome));
    }

    endAt(endMillis: number, outcome: EndOutcome | undefined): void {
      if (this.at < 0) return this.misused();
      f64[this.at + F_CURSOR] = endMillis;
      this.#close((outcome === undefined ? 0 : this.#codeOf(outcome)) | END_GIVEN);
    }

    fail(error?: unknown): void {
      if (this.at < 0) return this.misused();
      // First: an error's getter is the bot's code and may end this tick.
      const message = error === undefined ? undefined : messageOf(error);
      const { at } = this;
      if (at < 0) return this.misused();
      i32[at * 2 + F_FLAGS_WORD] |= FLAG_FAILED;
      if (message !== undefined) appendText(recorder, at, KIND_ERROR, NO_NAME, 0, message);
      this.#close(0);
    }

    settle(failed: boolean, error: unknown): void {
      if (this.at < 0) return;
      if (failed) this.fail(error);
      else this.#close(0);
    }

    abandon(): void {
      if (this.at < 0) return;
      recorder.count('ticks_abandoned');
      this.#close(ABANDONED);
    }

    [Symbol.dispose](): void {
      if (this.at >= 0) this.#close(0);
    }

    spanContext(): TickSpanContext {
      const sequence = this.currentSequence;
      if (sequence > 0) return contextOf(recorder, sequence, 0, this.parent);
      this.misused();
      return INVALID_CONTEXT;
    }

    logFields(): LogFields {
      return logFieldsOf(this.spanContext());
    }

    get currentSequence(): number {
      return this.at < 0 ? this.sequence : f64[this.at + F_SEQUENCE];
    }

    takeLateIndex(): number {
      return this.lateIndex++ & 0xffff;
    }

    moveTo(at: number): void {
      this.at = at;
    }

    misused(): void {
      f64[USE_AFTER_END]++;
    }

    /**
     * What runs in this tick's context may refer to it for ever after (a timer, a socket): its handle is not
     * recycled. False for a handle that already was.
     */
    #keep(): boolean {
      if (this.place < 0) return true;
      if (this.at < 0) {
        this.misused();
        return false;
      }
      ticks.release(this);
      this.sequence = this.currentSequence;
      return true;
    }

    #parentOfNew(): number {
      return this.at < 0 ? 0 : i32[this.at * 2 + F_CURRENT_WORD];
    }

    #waitSince(startedAt: number, now: number): void {
      const start = this.loop.checkedStart(startedAt, now);
      if (!(start < now)) return;
      f64[this.at + F_START] = start;
      recordStage(this.loop.wait.block, now - start);
      const record = placeSpan(this.at);
      if (record < 0) return;
      f64[record] = start;
      f64[record + 1] = now;
      f64[record + 2] = this.loop.wait.head;
      commitSpan(this.at);
    }

    #codeOf(outcome: EndOutcome): number {
      const code = OUTCOME_CODES.get(outcome);
      if (code === undefined) recorder.count('arguments_ignored');
      return code ?? 0;
    }

    /** @param code of the outcome, and `END_GIVEN` when the end is the frame's cursor instead of now. */
    #close(code: number): void {
      const { at, loop } = this;
      this.at = -1;
      const word = at * 2;
      const given = code & ~END_GIVEN;
      const now = given === code ? performance.now() : f64[at + F_CURSOR];
      const total = now - f64[at + F_START];
      f64[at + F_END] = now;
      f64[W_LAST_END] = now;
      const block = loop.total;
      scratch[0] = total * ONE_BELOW;
      let cell = (scratchWords[1] >> shift) - first;
      if (cell < 0) cell = 0;
      else if (cell > last) cell = last;
      f64[block + HISTOGRAM_CELLS + cell]++;
      f64[block + HISTOGRAM_SUM] += total;
      if (total > f64[block + HISTOGRAM_MAX]) f64[block + HISTOGRAM_MAX] = total;
      let flags = i32[word + F_FLAGS_WORD];
      let outcome = given;
      if (total > f64[at + F_DEADLINE] || given === ABANDONED) {
        flags |= FLAG_MISSED;
        i32[word + F_FLAGS_WORD] = flags;
        f64[loop.missCell]++;
      }
      if ((flags & (FLAG_FAILED | FLAG_GUARD)) !== 0 && given !== ABANDONED) {
        outcome = (flags & FLAG_FAILED) !== 0 ? FAILED : GUARD;
      }
      f64[loop.outcomeCells[outcome]]++;
      const symbolId = i32[word + F_SUBJECT_WORD];
      i32[word + F_SUBJECT_WORD] = symbolId | (outcome << OUTCOME_SHIFT);
      if (symbolId !== 0) recorder.symbolClosed(symbolId);
      const isTraced = (flags & FLAG_UNTRACED) === 0;
      const isUrgent = (flags & URGENT) !== 0;
      if (at >= ringAt) {
        i32[ringGeneration]++;
        inFlight.leaveRing();
        if (isTraced) publishInRing(at, isUrgent);
      } else {
        i32[word + F_GENERATION_WORD]++;
        if (isTraced) {
          publish(at, isUrgent);
        } else if (!inFlight.canTrace(at) && i32[C_MODE] > MODE_METRICS) {
          f64[IN_FLIGHT_FULL] += i32[word + F_SIZE_WORD] >>> 16;
        }
        inFlight.give(at);
      }
      if (this.place < 0) return;
      this.parent = undefined;
      ticks.give(this.place);
    }
  };
}
