import { performance } from 'node:perf_hooks';
import type { LogFields, Stage, TickSpanContext } from '../api.js';
import {
  KIND_ERROR,
  KIND_STAGE,
  P_CURRENT_WORD,
  P_GENERATION_WORD,
  RECORD_FAILED,
  RECORD_FLAGS_SHIFT,
  tallyAt,
} from '../memory/layout.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendText, messageOf } from './details.js';
import { contextOf, INVALID_CONTEXT, logFieldsOf } from './identity.js';
import type { StageDefinition } from './loop-recorder.js';
import { NO_NAME } from './names.js';
import { isThenable } from './thenable.js';
import type { TickHandle } from './tick-handle.js';

const ENDED_LATE = tallyAt('ended_late');
const USE_AFTER_END = tallyAt('use_after_end');

/**
 * An open stage. Its start lies in its record; only a stage whose record was refused (the tick's frame was
 * full, or is not traced) carries it itself, so that its duration is measured all the same.
 */
export class StageHandle<S extends string = string> implements Stage<S> {
  readonly isPooled: boolean;
  tick!: TickHandle;
  #definition!: StageDefinition;
  #generation = 0;
  /** Double index of the record, -1 when it was refused. */
  #record = -1;
  #refused: { readonly startMillis: number } | undefined = undefined;
  #isOpen = false;
  index = 0;

  constructor(isPooled: boolean) {
    this.isPooled = isPooled;
  }

  open(tick: TickHandle, parent: number, name: string): void {
    this.tick = tick;
    const at = tick.at;
    if (at < 0) {
      this.#isOpen = false;
      return tick.misused();
    }
    const { recorder } = tick;
    const definition = tick.loop.stageOf(name);
    const start = performance.now();
    const record = recorder.appendSpan(at, definition.nameId, KIND_STAGE, parent, start, 0);
    this.#definition = definition;
    this.#generation = recorder.i32[at * 2 + P_GENERATION_WORD];
    this.#record = record;
    if (record < 0) this.#refused = { startMillis: start };
    this.index = record < 0 ? parent : recorder.indexAt(record);
    this.#isOpen = true;
  }

  stage<T>(name: S | (string & {}), fn: (stage: StageHandle<S>) => T): T {
    return runStage(this.tick, this.index, name, fn as (stage: StageHandle) => T);
  }

  start(name: S | (string & {})): StageHandle<S> {
    const handle = this.tick.recorder.stages.take() as StageHandle<S>;
    handle.open(this.tick, this.index, name);
    return handle;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.isLive) appendAttribute(this.tick.recorder, this.tick.at, this.index, key, value);
    else this.#misused();
    return this;
  }

  end(): void {
    if (!this.#isOpen) return this.#misused();
    this.#isOpen = false;
    const { tick } = this;
    const { recorder } = tick;
    const { f64 } = recorder;
    const now = performance.now();
    if (!this.#isTickOpen) {
      // The tick's frame is gone; the stage was exported as unfinished, its duration is unknown.
      f64[ENDED_LATE]++;
    } else {
      const record = this.#record;
      const start = record < 0 ? (this.#refused?.startMillis ?? now) : f64[record];
      if (record >= 0) f64[record + 1] = now;
      recorder.record(this.#definition.series, now - start);
    }
    if (this.isPooled) this.#recycle();
  }

  fail(error?: unknown): void {
    if (!this.#isOpen) return this.#misused();
    if (this.#isTickOpen) {
      const { recorder, at } = this.tick;
      if (this.#record >= 0) {
        recorder.i32[this.#record * 2 + 4] |= RECORD_FAILED << RECORD_FLAGS_SHIFT;
        if (error !== undefined) appendText(recorder, at, KIND_ERROR, NO_NAME, this.index, messageOf(error));
      }
    }
    this.end();
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.end();
  }

  spanContext(): TickSpanContext {
    const sequence = this.tick.currentSequence;
    const { recorder, parent } = this.tick;
    return sequence > 0 ? contextOf(recorder, sequence, this.index, parent) : INVALID_CONTEXT;
  }

  logFields(): LogFields {
    return logFieldsOf(this.spanContext());
  }

  /** Whether both the stage and its tick are open. */
  get isLive(): boolean {
    return this.#isOpen && this.#isTickOpen;
  }

  get #isTickOpen(): boolean {
    const { at, recorder } = this.tick;
    return at >= 0 && recorder.i32[at * 2 + P_GENERATION_WORD] === this.#generation;
  }

  #recycle(): void {
    this.#refused = undefined;
    this.tick.recorder.stages.give(this as StageHandle);
  }

  #misused(): void {
    this.tick.recorder.f64[USE_AFTER_END]++;
  }
}

/**
 * Runs a body as a stage. While its synchronous part runs, stages that are started on the tick itself
 * become its children.
 */
export function runStage<T>(
  tick: TickHandle,
  parent: number,
  name: string,
  fn: (stage: StageHandle) => T,
): T {
  const { recorder, at } = tick;
  const stage = new StageHandle(false);
  stage.open(tick, parent, name);
  if (at < 0) return fn(stage);
  const { i32 } = recorder;
  const word = at * 2;
  const generation = i32[word + P_GENERATION_WORD];
  const outer = i32[word + P_CURRENT_WORD];
  i32[word + P_CURRENT_WORD] = stage.index;
  let result: T;
  try {
    result = recorder.ambientStages ? recorder.ambient.run(stage, fn, stage) : fn(stage);
  } catch (error) {
    if (i32[word + P_GENERATION_WORD] === generation) i32[word + P_CURRENT_WORD] = outer;
    if (stage.isLive) stage.fail(error);
    throw error;
  }
  if (i32[word + P_GENERATION_WORD] === generation) i32[word + P_CURRENT_WORD] = outer;
  if (!isThenable(result)) {
    stage[Symbol.dispose]();
    return result;
  }
  return result.then(
    (value) => {
      stage[Symbol.dispose]();
      return value;
    },
    (error: unknown) => {
      if (stage.isLive) stage.fail(error);
      throw error;
    },
  ) as T;
}
