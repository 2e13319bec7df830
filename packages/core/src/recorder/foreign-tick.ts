import { stageIndex } from '../memory/frame-writer.js';
import {
  F_FLAGS_WORD,
  FLAG_FOREIGN,
  KIND_ERROR,
  KIND_IDENTITY,
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
  /** The record's doubles from the frame's start, which may move; -1 when the frame was full. */
  readonly offset: number;
}

/**
 * A tick whose spans belong to another tracer: it has that tracer's ids, and its stages the times that they
 * were given. Everything else (cells, outcome, deadline, slot, frame) is as for a tick of our own.
 */
export class ForeignTick {
  /** What the durations of its stages are added to. */
  readonly loop: LoopRecorder;
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
  }

  /** False too when the recorder closed it as abandoned and the handle is in use for another tick. */
  get isOpen(): boolean {
    return this.#tick.currentSequence === this.#sequence;
  }

  /** @param parent span index; 0 is the root. */
  startStage(name: string, spanId: string, parent: number, startMillis: number): ForeignStage | undefined {
    if (!this.isOpen) return undefined;
    const { recorder, at, loop } = this.#tick;
    const record = recorder.placeSpan(at);
    if (record < 0) return { name, index: parent, offset: -1 };
    const index = stageIndex(at, record);
    recorder.f64[record] = startMillis;
    recorder.f64[record + 1] = 0;
    recorder.f64[record + 2] = loop.stageOf(name).head;
    recorder.i32[record * 2 + 5] = parent;
    recorder.commitSpan(at);
    const upper = Number.parseInt(spanId.slice(0, 8), 16);
    const lower = Number.parseInt(spanId.slice(8), 16) | 0;
    appendDetail(recorder, at, KIND_SPAN_ID, NO_NAME, index, upper, 0, lower);
    return { name, index, offset: record - at };
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

  end(outcome: EndOutcome | undefined): void {
    if (this.isOpen) this.#tick.end(outcome);
  }

  fail(error: string): void {
    if (this.isOpen) this.#tick.fail(error === '' ? undefined : error);
  }

  abandon(): void {
    if (this.isOpen) this.#tick.abandon();
  }
}
