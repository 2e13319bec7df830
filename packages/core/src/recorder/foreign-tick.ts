import { stageIndex } from '../memory/frame-writer.js';
import {
  F_FLAGS_WORD,
  F_SIZE_WORD,
  F_START,
  FLAG_API_SPANS,
  FLAG_FAILED,
  FLAG_FOREIGN,
  FLAG_UNTRACED,
  FRAME_MAX_SLOTS,
  KIND_ERROR,
  KIND_IDENTITY,
  KIND_MOVED,
  KIND_SHIFT,
  KIND_SPAN_ID,
  RECORD_FAILED,
  RECORD_FLAGS_SHIFT,
} from '../memory/layout.js';
import type { EndOutcome } from '../outcomes.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendDetail, appendText } from './details.js';
import type { TickHandle } from './handles.js';
import type { LoopRecorder } from './loop-recorder.js';
import { NO_NAME } from './names.js';

/** The root span of a tick, made by another tracer. Ids are lower-case hex and are taken as they are. */
export interface ForeignRoot {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly parentSpanId: string | undefined;
  /** OpenTelemetry's `th` of the trace, up to 14 hex digits; undefined when its sampler said none. */
  readonly threshold: string | undefined;
  readonly symbol: string | undefined;
  /** `performance.now()` milliseconds; undefined: now. */
  readonly startedAt: number | undefined;
  readonly deadlineMs: number | undefined;
}

export interface ForeignStage {
  readonly name: string;
  /** Span index, what the stage's children have as their parent. */
  readonly index: number;
  /** The record's doubles from the frame's start, which may move; -1 for one that is not in the frame. */
  readonly offset: number;
}

/** Of records: a span and its id. */
const STAGE_SLOTS = 2;
/** The end of a tick has records too: its error, its outcome's attributes. */
const RESERVED_SLOTS = 4;

/**
 * A tick whose spans belong to another tracer: it has that tracer's ids, and its stages the times that they
 * were given. Everything else (cells, outcome, deadline, slot, frame) is as for a tick of our own.
 */
export class ForeignTick {
  /** What the durations of its stages are added to. */
  readonly loop: LoopRecorder;
  /** False: the tick is only timed, because of the mode or because every in-flight slot was taken. */
  readonly isTraced: boolean;
  readonly #tick: TickHandle;
  readonly #sequence: number;

  constructor(loop: LoopRecorder, root: ForeignRoot) {
    const { recorder } = loop;
    const tick = recorder.ticks.take();
    this.loop = loop.loopOf(root.symbol);
    tick.open(this.loop, root.symbol, root.startedAt, root.deadlineMs, undefined);
    this.#tick = tick;
    this.#sequence = tick.currentSequence;
    const { traceId, spanId, traceFlags, parentSpanId = '', threshold = '' } = root;
    const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
    const identity = `${traceId}-${spanId}-${flags}-${parentSpanId}-${threshold}`;
    appendText(recorder, tick.at, KIND_IDENTITY, NO_NAME, 0, identity);
    recorder.i32[tick.at * 2 + F_FLAGS_WORD] |= FLAG_FOREIGN;
    this.isTraced = (recorder.i32[tick.at * 2 + F_FLAGS_WORD] & FLAG_UNTRACED) === 0;
  }

  /** What ids and decisions are looked up by. */
  get sequence(): number {
    return this.#sequence;
  }

  /** False too when the recorder closed it as abandoned and the handle is in use for another tick. */
  get isOpen(): boolean {
    return this.#tick.currentSequence === this.#sequence;
  }

  /** `performance.now()` milliseconds; NaN once it has ended. */
  get startMillis(): number {
    return this.isOpen ? this.#tick.recorder.f64[this.#tick.at + F_START] : Number.NaN;
  }

  /**
   * @param parent span index; 0 is the root.
   * @returns a stage without a place when the frame has no more room: its span is to travel by itself.
   */
  startStage(name: string, spanId: string, parent: number, startMillis: number): ForeignStage | undefined {
    if (!this.isOpen) return undefined;
    const { recorder, at, loop } = this.#tick;
    const { i32, f64 } = recorder;
    const slots = i32[at * 2 + F_SIZE_WORD] & 0xffff;
    const isFull = slots + STAGE_SLOTS + RESERVED_SLOTS > FRAME_MAX_SLOTS;
    // Of a tick that is not traced only the number of its spans is kept, for the ledger.
    const record = isFull && this.isTraced ? -1 : recorder.placeSpan(at);
    if (record < 0) return { name, index: parent, offset: -1 };
    const index = stageIndex(at, record);
    f64[record] = startMillis;
    f64[record + 1] = 0;
    f64[record + 2] = loop.stageOf(name).head;
    i32[record * 2 + 5] = parent;
    recorder.commitSpan(at);
    const upper = Number.parseInt(spanId.slice(0, 8), 16);
    const lower = Number.parseInt(spanId.slice(8), 16) | 0;
    appendDetail(recorder, at, KIND_SPAN_ID, NO_NAME, index, upper, 0, lower);
    return { name, index, offset: record - at };
  }

  /** Says that something of the tick travels beside its frame. */
  expectMore(): void {
    if (this.isOpen) this.#tick.recorder.i32[this.#tick.at * 2 + F_FLAGS_WORD] |= FLAG_API_SPANS;
  }

  /** Takes the stages that have not ended out of the frame: they end after their tick, and travel by themselves. */
  moveOpenStages(stages: Iterable<ForeignStage>): void {
    if (!this.isOpen) return;
    const { recorder, at } = this.#tick;
    for (const { offset } of stages) {
      if (offset < 0 || recorder.f64[at + offset + 1] !== 0) continue;
      recorder.i32[(at + offset) * 2 + 4] = KIND_MOVED << KIND_SHIFT;
      recorder.i32[at * 2 + F_SIZE_WORD] -= 0x1_0000;
      this.expectMore();
    }
  }

  /** The cells are the caller's to add to: a stage may end after its tick. */
  endStage(stage: ForeignStage, startMillis: number, endMillis: number, error: string | undefined): void {
    if (!this.isOpen || stage.offset < 0) return;
    const { recorder, at } = this.#tick;
    const record = at + stage.offset;
    recorder.f64[record] = startMillis;
    recorder.f64[record + 1] = endMillis;
    if (error === undefined) return;
    recorder.i32[record * 2 + 4] |= RECORD_FAILED << RECORD_FLAGS_SHIFT;
    if (error !== '') appendText(recorder, at, KIND_ERROR, NO_NAME, stage.index, error);
  }

  guardTrip(reason: string): void {
    if (this.isOpen) this.#tick.guardTrip(reason);
  }

  setAttribute(key: string, value: AttributeValue): void {
    if (this.isOpen) appendAttribute(this.#tick.recorder, this.#tick.at, 0, key, value);
  }

  /** @param endMillis where the span was given an end of its own; undefined: now. */
  end(outcome: EndOutcome | undefined, endMillis?: number): void {
    if (!this.isOpen) return;
    if (endMillis === undefined) this.#tick.end(outcome);
    else this.#tick.endAt(Math.max(endMillis, this.startMillis), outcome);
  }

  fail(error: string, endMillis?: number): void {
    if (!this.isOpen) return;
    const { recorder, at } = this.#tick;
    recorder.i32[at * 2 + F_FLAGS_WORD] |= FLAG_FAILED;
    if (error !== '') appendText(recorder, at, KIND_ERROR, NO_NAME, 0, error);
    this.end(undefined, endMillis);
  }

  abandon(): void {
    if (this.isOpen) this.#tick.abandon();
  }
}
