import type { LogFields, LoopOptions, Mode, Request, Scope } from '../api.js';
import type { TickHandle } from './handles.js';
import { DEFAULT_LOOP, LoopRecorder } from './loop-recorder.js';
import { isUnseen, runOperation, runRequest } from './operation.js';
import type { Recorder } from './recorder.js';

/** What a scope asks of the pipeline behind it. */
export interface PipelineControl {
  readonly address: Promise<string | undefined>;
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Loop ids have eight bits in a frame's header. */
const MAX_LOOPS = 255;

/** The scope that `register()` returns: the default loop, the other loops, and everything outside a tick. */
export class ScopeRecorder<S extends string = string, G extends string = string>
  extends LoopRecorder<S, G>
  implements Scope<S, G>
{
  readonly #control: PipelineControl;
  readonly #loops = new Map<string, LoopRecorder>();

  constructor(recorder: Recorder, loop: LoopOptions<S, G>, control: PipelineControl) {
    super(recorder, 0, DEFAULT_LOOP, loop);
    this.#control = control;
  }

  get address(): Promise<string | undefined> {
    return this.#control.address;
  }

  /** The same name gives the same loop; the options of the first call hold. Beyond 255 loops: the default one. */
  loop<const S2 extends string, const G2 extends string = G>(
    name: string,
    options: LoopOptions<S2, G2> = {},
  ): LoopRecorder<S2, G2> {
    const known = this.#loops.get(name);
    if (known !== undefined) return known as unknown as LoopRecorder<S2, G2>;
    if (name === DEFAULT_LOOP || this.#loops.size >= MAX_LOOPS) {
      this.recorder.count('names_overflow');
      return this as unknown as LoopRecorder<S2, G2>;
    }
    const loop = new LoopRecorder<S2, G2>(this.recorder, this.#loops.size + 1, name, options);
    this.#loops.set(name, loop as unknown as LoopRecorder);
    return loop;
  }

  measure<T>(operation: string, fn: () => T): T {
    const { recorder } = this;
    const span = recorder.ambient.current();
    if (isUnseen(recorder, span)) return fn();
    return runOperation(recorder, span, recorder.operations.operation(operation), fn);
  }

  exchangeRequest<T>(verb: string, api: string, fn: (request: Request) => T): T {
    return runRequest(this.recorder, this.recorder.ambient.current(), verb, api, fn);
  }

  dbQuery<T>(operation: string, table: string, fn: () => T): T {
    const { recorder } = this;
    const span = recorder.ambient.current();
    if (isUnseen(recorder, span)) return fn();
    return runOperation(recorder, span, recorder.operations.query(operation, table), fn);
  }

  currentTick(): TickHandle<S, G> | undefined {
    const span = this.recorder.ambient.current();
    return (span?.kind === 'stage' ? span.tick : span) as TickHandle<S, G> | undefined;
  }

  logFields(): LogFields {
    return this.recorder.ambient.current()?.logFields() ?? {};
  }

  setMode(mode: Mode): void {
    this.recorder.setMode(mode);
  }

  setSampleRatio(ratio: number): void {
    this.recorder.setSampleRatio(ratio);
  }

  flush(): Promise<void> {
    return this.#control.flush();
  }

  async shutdown(): Promise<void> {
    await this.#control.shutdown();
    this.recorder.setMode('off');
  }
}
