/** Handles that were given back wait this many turns before they are used again. */
export const QUARANTINE = 4_096;
const CAPACITY = 2 * QUARANTINE;

/**
 * Recycles handles first in, first out, through a quarantine: a handle that is used after its end is seen
 * to be closed for at least `QUARANTINE` further ticks. Filled in advance, so that nothing is allocated
 * while no more than `CAPACITY - QUARANTINE` are open at once.
 */
export class HandlePool<T> {
  readonly #handles: (T | undefined)[];
  readonly #create: () => T;
  readonly #recycles: boolean;
  #head = 0;
  #size: number;

  constructor(create: () => T, recycles: boolean) {
    this.#create = create;
    this.#recycles = recycles;
    this.#size = recycles ? QUARANTINE + 64 : 0;
    this.#handles = Array.from({ length: CAPACITY }, (_, index) =>
      index < this.#size ? create() : undefined,
    );
  }

  take(): T {
    if (this.#size <= QUARANTINE) return this.#create();
    const handle = this.#handles[this.#head] as T;
    this.#head = (this.#head + 1) & (CAPACITY - 1);
    this.#size--;
    return handle;
  }

  give(handle: T): void {
    if (!this.#recycles || this.#size === CAPACITY) return;
    this.#handles[(this.#head + this.#size) & (CAPACITY - 1)] = handle;
    this.#size++;
  }
}
