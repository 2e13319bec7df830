import { F_SIZE_WORD, FRAME_MAX_SLOTS, SLOT_DOUBLES } from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';

const SLOT_WORDS = SLOT_DOUBLES * 2;
/** Of 4 KiB: some twenty usual frames. One that is kept for long keeps its chunk, so that larger ones might waste more. */
const CHUNK_WORDS = 1024;

/** A frame that outlives its view. */
export interface FrameCopy {
  readonly chunk: Int32Array;
  /** Index of its first word. */
  readonly at: number;
}

/**
 * Copies of frames, one after the other in chunks. As bytes, because a tick waits for about a second until it is
 * exported, and longer in the store: decoded into objects it takes ten times the memory, and the garbage collector
 * moves them all several times meanwhile. A chunk is freed when its last frame is forgotten.
 */
export class FrameCopies {
  #chunk = new Int32Array(0);
  #next = 0;
  readonly #view: FrameView;

  constructor() {
    const f64 = new Float64Array(FRAME_MAX_SLOTS * SLOT_DOUBLES);
    this.#view = { f64, i32: new Int32Array(f64.buffer) };
  }

  keep({ i32 }: FrameView): FrameCopy {
    const words = wordsOf(i32[F_SIZE_WORD]);
    if (this.#next + words > this.#chunk.length) {
      this.#chunk = new Int32Array(CHUNK_WORDS);
      this.#next = 0;
    }
    const chunk = this.#chunk;
    const at = this.#next;
    for (let word = 0; word < words; word++) chunk[at + word] = i32[word];
    this.#next += words;
    return { chunk, at };
  }

  /** The frame as it was; valid until the next call. */
  view({ chunk, at }: FrameCopy): FrameView {
    const { i32 } = this.#view;
    const words = wordsOf(chunk[at + F_SIZE_WORD]);
    for (let word = 0; word < words; word++) i32[word] = chunk[at + word];
    return this.#view;
  }
}

function wordsOf(sizeWord: number): number {
  return (sizeWord & 0xffff) * SLOT_WORDS;
}
