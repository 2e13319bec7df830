/** Larger ones are left to the garbage collector. */
const MAX_KEPT_BYTES = 4_194_304;

/**
 * Keeps one buffer for the next request. Left to the garbage collector, the memory of a request that took a while is
 * freed by a full collection only, and a worker that allocates little else has one a minute.
 */
export class SpareBuffer {
  #spare: Buffer | undefined;

  /** At least `bytes` long; what is in it is not cleared. */
  take(bytes: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  }

  /** @param part of a buffer that nobody reads any more. */
  giveBack(part: Buffer): void {
    const whole = Buffer.from(part.buffer);
    if (whole.length <= MAX_KEPT_BYTES && whole.length > (this.#spare?.length ?? 0)) this.#spare = whole;
  }
}
