import { performance } from 'node:perf_hooks';
import type { LogFields, Stage, TickSpanContext } from '../api.js';
import { stageIndex } from '../memory/frame-writer.js';
import {
  F_SEQUENCE,
  KIND_ERROR,
  P_CURRENT_WORD,
  P_GENERATION_WORD,
  PRIVATE_DOUBLES,
  RECORD_FAILED,
  RECORD_FLAGS_SHIFT,
  tallyAt,
} from '../memory/layout.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendText, messageOf } from './details.js';
import type { StageHandle, TickHandle } from './handles.js';
import { contextOf, INVALID_CONTEXT, logFieldsOf } from './identity.js';
import type { StageDefinition } from './loop-recorder.js';
import { NO_NAME } from './names.js';
import type { Recorder } from './recorder.js';
import { follow, isThenable } from './thenable.js';

const ENDED_LATE = tallyAt('ended_late');
const USE_AFTER_END = tallyAt('use_after_end');

export type StageHandleClass = new (isPooled: boolean) => StageHandle;

/** Runs a body as a stage of a tick; `parent` is the index of the span above it. */
export type RunStage = <T>(
  tick: TickHandle,
  parent: number,
  name: string,
  fn: (stage: StageHandle) => T,
) => T;

/** The class of a recorder's stage handles, closing over its memory like the tick handles (see there). */
export function bindStageHandle(recorder: Recorder): StageHandleClass {
  const { f64, i32, millis, recordStage, placeSpan, commitSpan } = recorder;

  /**
   * An open stage. Its start lies in its record; only a stage whose record was refused (the tick's frame
   * was full, or is not traced) carries it itself, so that its duration is measured all the same.
   */
  return class BoundStageHandle implements StageHandle {
    readonly isPooled: boolean;
    tick!: TickHandle;
    index = 0;
    definition!: StageDefinition;
    /** The tick's: its handle, its slot and its slot's generation may all come back together for another tick. */
    sequence = Number.NaN;
    /** Double index of the record, -1 when it was refused. */
    record = -1;
    refused: { readonly startMillis: number } | undefined = undefined;
    isOpen = false;

    constructor(isPooled: boolean) {
      this.isPooled = isPooled;
    }

    get kind(): 'stage' {
      return 'stage';
    }

    open(tick: TickHandle, parent: number, name: string): void {
      this.tick = tick;
      const at = tick.at;
      if (at < 0) {
        this.isOpen = false;
        this.index = 0;
        return tick.misused();
      }
      const definition = tick.loop.stageOf(name);
      const start = performance.now();
      const record = placeSpan(at);
      if (record >= 0) {
        f64[record] = start;
        f64[record + 1] = 0;
        f64[record + 2] = definition.head;
        if (parent !== 0) i32[record * 2 + 5] = parent;
        commitSpan(at);
      }
      this.definition = definition;
      this.sequence = f64[at + PRIVATE_DOUBLES + F_SEQUENCE];
      this.record = record;
      this.isOpen = true;
      if (record < 0) {
        this.refused = { startMillis: start };
        this.index = parent;
        return;
      }
      this.index = stageIndex(at, record);
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

    end(): void {
      if (!this.isOpen) {
        f64[USE_AFTER_END]++;
        return;
      }
      this.isOpen = false;
      const { at } = this.tick;
      const now = performance.now();
      if (at < 0 || f64[at + PRIVATE_DOUBLES + F_SEQUENCE] !== this.sequence) {
        // The tick's frame is gone; the stage was exported as unfinished, its duration is unknown.
        f64[ENDED_LATE]++;
      } else {
        const { record } = this;
        let start: number;
        if (record >= 0) {
          start = f64[record];
          f64[record + 1] = now;
        } else {
          start = this.refused?.startMillis ?? now;
          this.refused = undefined;
        }
        millis[0] = now - start;
        recordStage(this.definition.block);
      }
      if (this.isPooled) recorder.stages.give(this);
    }

    fail(error?: unknown): void {
      // First: an error's getter is the bot's code and may end the stage or its tick.
      const message = error === undefined ? undefined : messageOf(error);
      if (this.isLive && this.record >= 0) {
        i32[this.record * 2 + 4] |= RECORD_FAILED << RECORD_FLAGS_SHIFT;
        if (message !== undefined) {
          appendText(recorder, this.tick.at, KIND_ERROR, NO_NAME, this.index, message);
        }
      }
      this.end();
    }

    [Symbol.dispose](): void {
      if (this.isOpen) this.end();
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
      return this.isOpen && at >= 0 && f64[at + PRIVATE_DOUBLES + F_SEQUENCE] === this.sequence;
    }
  };
}

/**
 * While a body's synchronous part runs, stages that are started on the tick itself become its children.
 * Synchronous in, synchronous out; a throw is recorded and rethrown untouched.
 */
export function bindRunStage(recorder: Recorder, Handle: StageHandleClass): RunStage {
  const { i32 } = recorder;

  return function runStage<T>(
    tick: TickHandle,
    parent: number,
    name: string,
    fn: (stage: StageHandle) => T,
  ): T {
    const { at } = tick;
    // Never recycled: whatever still refers to it later finds it closed.
    const stage = new Handle(false);
    stage.open(tick, parent, name);
    if (at < 0) return fn(stage);
    const word = at * 2;
    const generation = i32[word + P_GENERATION_WORD];
    const outer = i32[word + P_CURRENT_WORD];
    i32[word + P_CURRENT_WORD] = stage.index;
    let result: T;
    try {
      result = recorder.ambientStages ? recorder.ambient.run(stage, fn, stage) : fn(stage);
    } catch (error) {
      if (i32[word + P_GENERATION_WORD] === generation) i32[word + P_CURRENT_WORD] = outer;
      if (stage.isOpen) stage.fail(error);
      throw error;
    }
    if (i32[word + P_GENERATION_WORD] === generation) i32[word + P_CURRENT_WORD] = outer;
    if (!isThenable(result)) {
      stage[Symbol.dispose]();
      return result;
    }
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
}
