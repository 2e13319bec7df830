/**
 * A maximum since the last look, for several who look: each has a maximum of its own, so that none takes away what
 * another has yet to see.
 */
export class ReaderMaximum {
  readonly #unseen: number[] = [];

  /** What every reader will see, unless something larger comes. */
  observe(value: number): void {
    for (const [reader, maximum] of this.#unseen.entries()) {
      if (value > maximum) this.#unseen[reader] = value;
    }
  }

  /** Adds a reader. The function gives the maximum since it was last called; 0 where nothing was observed. */
  addReader(): () => number {
    const reader = this.#unseen.push(0) - 1;
    return () => {
      const maximum = this.#unseen[reader];
      this.#unseen[reader] = 0;
      return maximum;
    };
  }
}
