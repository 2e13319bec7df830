/**
 * Rests in long work, so that the rings are drained on the same thread meanwhile: reading and rendering thousands of
 * series takes hundreds of milliseconds, and a busy ring is full after tens.
 */
const SLICE_MILLIS = 4;

export class Interruptions {
  #sliceEnd = performance.now() + SLICE_MILLIS;

  /** To be awaited between pieces of work of a few milliseconds at most. */
  async mayInterrupt(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return;
    // A whole turn of the event loop: timers, which the drain runs on, have theirs before the next immediate.
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceEnd = performance.now() + SLICE_MILLIS;
  }
}
