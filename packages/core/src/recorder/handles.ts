/** What the recorder's parts know of each other's handles; the classes are bound to a recorder's memory. */
import type { ParentContext, Stage, Tick } from '../api.js';
import type { EndOutcome } from '../outcomes.js';
import type { LoopRecorder } from './loop-recorder.js';
import type { Recorder } from './recorder.js';

export interface TickHandle<S extends string = string, G extends string = string> extends Tick<S, G> {
  readonly kind: 'tick';
  /** In the pool of handles. */
  place: number;
  readonly recorder: Recorder;
  readonly loop: LoopRecorder;
  /** Double index of the frame under construction, which may move between two calls; -1 once ended. */
  readonly at: number;
  /** The remote span that the tick continues. */
  readonly parent: ParentContext | undefined;
  /** Sequence of a tick that is never recycled, also after its end; else NaN. */
  readonly sequence: number;
  /** The sequence, NaN for a recycled handle that was ended. */
  readonly currentSequence: number;
  /** Takes the span index of an operation that starts after the tick has ended. */
  takeLateIndex(): number;
  open(
    loop: LoopRecorder,
    symbol: string | undefined,
    startedAt: number | undefined,
    deadlineMs: number | undefined,
    parent: ParentContext | undefined,
  ): void;
  /** As `end`, at a time that is known to be another than now: `performance.now()` milliseconds, not before the start. */
  endAt(endMillis: number, outcome: EndOutcome | undefined): void;
  /** The end of a callback: of a tick that its body ended, nothing is left to do. */
  settle(failed: boolean, error: unknown): void;
  /** Closes a tick that was never ended. It counts as a miss. */
  abandon(): void;
  /** Its frame is elsewhere now. */
  moveTo(at: number): void;
  /** Counts a use after the end. */
  misused(): void;
}

export interface StageHandle<S extends string = string> extends Stage<S> {
  readonly kind: 'stage';
  /** In the pool of handles. */
  place: number;
  readonly tick: TickHandle;
  readonly index: number;
  /** False once it was ended; its tick may have ended before it. */
  readonly isOpen: boolean;
  open(tick: TickHandle, parent: number, name: string): void;
}

export type AmbientSpan = TickHandle | StageHandle;
