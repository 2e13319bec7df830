import type { LoopRecorder } from './loop-recorder.js';
import { nameText, OTHER_NAME } from './names.js';
import type { Recorder } from './recorder.js';
import { type Labels, OVERFLOW_LABEL } from './series.js';

const OVERFLOW: Labels = [[OVERFLOW_LABEL, 'true']];

/**
 * One loop's recorders by symbol: the loop's own counters, but stages, whole ticks and misses of their own.
 * Bounded: the symbols beyond the recorder's limit share one, whose series say so.
 */
export class SymbolLoops {
  readonly #recorder: Recorder;
  readonly #create: (labels: Labels) => LoopRecorder;
  /** By name id, of which there are as many as the table of names has room for. */
  readonly #byId = new Map<number, LoopRecorder>();
  #overflow: LoopRecorder | undefined = undefined;

  constructor(recorder: Recorder, create: (labels: Labels) => LoopRecorder) {
    this.#recorder = recorder;
    this.#create = create;
  }

  of(symbol: string): LoopRecorder {
    // The tick asks for the id again, and finds it remembered as the last one.
    const id = this.#recorder.names.symbolId(symbol);
    return this.#byId.get(id) ?? this.#define(id, symbol);
  }

  #define(id: number, symbol: string): LoopRecorder {
    const recorder = this.#recorder;
    let loop: LoopRecorder;
    if (id === OTHER_NAME || recorder.symbolsLeft === 0) {
      recorder.count('series_overflow');
      this.#overflow ??= this.#create(OVERFLOW);
      loop = this.#overflow;
    } else {
      recorder.symbolsLeft--;
      loop = this.#create([['symbol', nameText(symbol)]]);
    }
    this.#byId.set(id, loop);
    return loop;
  }
}
