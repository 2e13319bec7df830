/** Handles that were given back wait this many turns before they are used again. */
const QUARANTINE = 4_096;
const CAPACITY = 2 * QUARANTINE;

/**
 * Recycles handles first in, first out, through a quarantine: a handle that is used after its end is seen
 * to be closed for at least `QUARANTINE` further ticks. Filled in advance, so that nothing is allocated
 * while no more than `CAPACITY - QUARANTINE` are open at once.
 */
export class HandlePool<T> {
  readonly #handles: (T | undefined)[] = new Array(CAPACITY).fill(undefined);
  readonly #recycles: boolean;
  #create!: () => T;
  #head = 0;
  #size = 0;

  constructor(recycles: boolean) {
    this.#recycles = recycles;
  }

  /** Once, before the first `take`. */
  fill(create: () => T): void {
    this.#create = create;
    if (!this.#recycles) return;
    for (; this.#size < QUARANTINE + 64; this.#size++) this.#handles[this.#size] = create();
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
