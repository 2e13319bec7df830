import { performance } from 'node:perf_hooks';
import type { LogFields, Stage, TickSpanContext } from '../api.js';
import { ONE_BELOW } from '../memory/cell-writer.js';
import {
  F_CURRENT_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  HISTOGRAM_CELLS,
  HISTOGRAM_MAX,
  HISTOGRAM_SUM,
  KIND_ERROR,
  ONE_SPAN,
  RECORD_FAILED,
  RECORD_FLAGS_SHIFT,
  SLOT_DOUBLES,
  tallyAt,
} from '../memory/layout.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendText, messageOf } from './details.js';
import { NEVER_RECYCLED } from './handle-pool.js';
import type { StageHandle, TickHandle } from './handles.js';
import { contextOf, INVALID_CONTEXT, logFieldsOf } from './identity.js';
import type { StageDefinition } from './loop-recorder.js';
import { NO_NAME } from './names.js';
import type { Recorder } from './recorder.js';
import { follow, isThenable } from './thenable.js';

const ENDED_LATE = tallyAt('ended_late');
const USE_AFTER_END = tallyAt('use_after_end');

export type StageHandleClass = new (place: number) => StageHandle;

/** Runs a body as a stage of a tick; `parent` is the index of the span above it. */
export type RunStage = <T>(
  tick: TickHandle,
  parent: number,
  name: string,
  fn: (stage: StageHandle) => T,
) => T;

/** The class of a recorder's stage handles, closing over its memory like the tick handles (see there). */
export function bindStageHandle(recorder: Recorder): StageHandleClass {
  const { f64, i32, stages, recordStage, placeSpan } = recorder;
  const { scratch, scratchWords, first, last, shift } = recorder.stageCells;

  /**
   * An open stage. Its start lies in its record; only a stage whose record was refused (the tick's frame
   * was full, or is not traced) carries it itself, so that its duration is measured all the same.
   */
  return class BoundStageHandle implements StageHandle {
    place: number;
    tick!: TickHandle;
    index = 0;
    definition!: StageDefinition;
    /** The tick's, its lower 32 bits: handle and frame may both come back together for another tick. */
    sequence = 0;
    /** The record's doubles from the frame's start, which may move; -1 when it was refused. */
    offset = -1;
    refused: { readonly startMillis: number } | undefined = undefined;
    isOpen = false;

    constructor(place: number) {
      this.place = place;
    }

    get kind(): 'stage' {
      return 'stage';
    }

    open(tick: TickHandle, parent: number, name: string): void {
      this.tick = tick;
      const at = tick.at;
      if (at < 0) {
        this.index = 0;
        stages.give(this.place);
        return tick.misused();
      }
      const definition = tick.loop.stageOf(name);
      const start = performance.now();
      this.definition = definition;
      this.sequence = f64[at + F_SEQUENCE] | 0;
      this.isOpen = true;
      // A copy of placeSpan and commitSpan that reads the size once.
      const size = i32[at * 2 + F_SIZE_WORD];
      const slots = size & 0xffff;
      if (slots >= FRAME_MAX_SLOTS) {
        placeSpan(at);
        this.refused = { startMillis: start };
        this.offset = -1;
        this.index = parent;
        return;
      }
      const offset = slots * SLOT_DOUBLES;
      const record = at + offset;
      f64[record] = start;
      f64[record + 1] = 0;
      f64[record + 2] = definition.head;
      if (parent !== 0) i32[record * 2 + 5] = parent;
      i32[at * 2 + F_SIZE_WORD] = size + ONE_SPAN;
      this.offset = offset;
      this.index = slots - FRAME_HEADER_SLOTS + 1;
    }

    stage<T>(name: string, fn: (stage: Stage) => T): T {
      return recorder.runStage(this.tick, this.index, name, fn);
    }

    start(name: string): Stage {
      const handle = recorder.stages.take();
      handle.open(this.tick, this.index, name);
      return handle;
    }

    setAttribute(key: string, value: AttributeValue): this {
      if (this.isLive) appendAttribute(recorder, this.tick.at, this.index, key, value);
      else f64[USE_AFTER_END]++;
      return this;
    }

    /** Small, so that inlining it does not use up what the compiler grants its caller: see LoopRecorder.begin. */
    end(): void {
      if (this.isOpen) this.#close();
      else f64[USE_AFTER_END]++;
    }

    #close(): void {
      this.isOpen = false;
      const { at } = this.tick;
      const now = performance.now();
      if (at < 0 || (f64[at + F_SEQUENCE] | 0) !== this.sequence) {
        // The tick's frame is gone; the stage was exported as unfinished, its duration is unknown.
        f64[ENDED_LATE]++;
      } else if (this.offset < 0) {
        this.#endRefused(now);
      } else {
        const record = at + this.offset;
        const start = f64[record];
        f64[record + 1] = now;
        const { block } = this.definition;
        const millis = now - start;
        scratch[0] = millis * ONE_BELOW;
        let cell = (scratchWords[1] >> shift) - first;
        if (cell < 0) cell = 0;
        else if (cell > last) cell = last;
        f64[block + HISTOGRAM_CELLS + cell]++;
        f64[block + HISTOGRAM_SUM] += millis;
        if (millis > f64[block + HISTOGRAM_MAX]) f64[block + HISTOGRAM_MAX] = millis;
      }
      stages.give(this.place);
    }

    #endRefused(now: number): void {
      const start = this.refused?.startMillis ?? now;
      this.refused = undefined;
      recordStage(this.definition.block, now - start);
    }

    fail(error?: unknown): void {
      // First: an error's getter is the bot's code and may end the stage or its tick.
      const message = error === undefined ? undefined : messageOf(error);
      if (this.isLive && this.offset >= 0) {
        const { at } = this.tick;
        i32[(at + this.offset) * 2 + 4] |= RECORD_FAILED << RECORD_FLAGS_SHIFT;
        if (message !== undefined) {
          appendText(recorder, at, KIND_ERROR, NO_NAME, this.index, message);
        }
      }
      this.end();
    }

    [Symbol.dispose](): void {
      if (this.isOpen) this.#close();
    }

    spanContext(): TickSpanContext {
      const { currentSequence, parent } = this.tick;
      return currentSequence > 0 ? contextOf(recorder, currentSequence, this.index, parent) : INVALID_CONTEXT;
    }

    logFields(): LogFields {
      return logFieldsOf(this.spanContext());
    }

    /** Whether both the stage and its tick are open. */
    get isLive(): boolean {
      const { at } = this.tick;
      return this.isOpen && at >= 0 && (f64[at + F_SEQUENCE] | 0) === this.sequence;
    }
  };
}

/**
 * While a body's synchronous part runs, stages that are started on the tick itself become its children.
 * Synchronous in, synchronous out; a throw is recorded and rethrown untouched.
 */
export function bindRunStage(recorder: Recorder, Handle: StageHandleClass): RunStage {
  const { f64, i32, stages, ambientStages } = recorder;

  return function runStage<T>(
    tick: TickHandle,
    parent: number,
    name: string,
    fn: (stage: StageHandle) => T,
  ): T {
    // What runs in a stage's context may refer to it for ever after. And a new tick's stages are new too: to write
    // it into old handles costs more than they do, and would keep it until they are used again.
    const isNew = ambientStages || tick.place < 0;
    const stage = isNew ? new Handle(NEVER_RECYCLED) : stages.take();
    stage.open(tick, parent, name);
    const { at } = tick;
    if (at < 0) return fn(stage);
    const sequence = f64[at + F_SEQUENCE];
    const outer = i32[at * 2 + F_CURRENT_WORD];
    i32[at * 2 + F_CURRENT_WORD] = stage.index;
    let result: T;
    try {
      result = ambientStages ? recorder.ambient.run(stage, fn, stage) : fn(stage);
    } catch (error) {
      restore(tick, sequence, outer);
      if (stage.isOpen) stage.fail(error);
      throw error;
    }
    restore(tick, sequence, outer);
    if (!isThenable(result)) {
      stage[Symbol.dispose]();
      return result;
    }
    // Its end may come after a whole quarantine of a handle that the body itself ended.
    stages.release(stage);
    return follow(
      result,
      (value) => {
        stage[Symbol.dispose]();
        return value;
      },
      (error: unknown) => {
        if (stage.isOpen) stage.fail(error);
        throw error;
      },
    );
  };
  /** The tick may have ended meanwhile, and its frame may have moved. */
  function restore({ at }: TickHandle, sequence: number, outer: number): void {
    if (at >= 0 && f64[at + F_SEQUENCE] === sequence) i32[at * 2 + F_CURRENT_WORD] = outer;
  }
}
