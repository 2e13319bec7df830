/** The place of a handle that is not the pool's. */
export const NEVER_RECYCLED = -1;

/** A handle that was given back is not used again for so many turns. */
const QUARANTINE = 4_096;
/** Turns that a handle can be open for without one more being made. */
const SPARE = 64;
const CAPACITY = 2 * QUARANTINE;

export interface Pooled {
  /** In the pool, or `NEVER_RECYCLED`. */
  place: number;
}

/**
 * Recycles handles in turn through a quarantine: a handle that is used after its end is seen to be closed
 * for at least `QUARANTINE` further turns. From when on each may be used again stands in an array beside
 * them, so that giving one back is one store, and no handle is touched to find out. Filled in advance; one
 * whose turn has come too early is passed over for a new one, and beyond `CAPACITY` left to its owner.
 */
export class HandlePool<T extends Pooled> {
  readonly #handles: T[] = [];
  /** By place: the turn from which the handle may be used again; Infinity while it is open. */
  readonly #freeFrom = new Float64Array(CAPACITY);
  readonly #turn = new Float64Array(1);
  readonly #recycles: boolean;
  #create!: (place: number) => T;
  #next = 0;

  constructor(recycles: boolean) {
    this.#recycles = recycles;
  }

  /** Once, before the first `take`. */
  fill(create: (place: number) => T): void {
    this.#create = create;
    if (!this.#recycles) return;
    for (let place = 0; place < QUARANTINE + SPARE; place++) this.#handles.push(create(place));
  }

  take(): T {
    const place = this.#next;
    const turn = this.#turn[0] + 1;
    this.#turn[0] = turn;
    if (place >= this.#handles.length || this.#freeFrom[place] > turn) return this.#takeOther(turn);
    this.#next = place + 1;
    this.#freeFrom[place] = Number.POSITIVE_INFINITY;
    return this.#handles[place];
  }

  /** @param place of a handle that was taken. */
  give(place: number): void {
    if (place >= 0) this.#freeFrom[place] = this.#turn[0] + QUARANTINE;
  }

  /** Leaves a handle to its owner for ever; another takes its place. */
  release(handle: T): void {
    const { place } = handle;
    if (place < 0) return;
    handle.place = NEVER_RECYCLED;
    this.#handles[place] = this.#create(place);
    this.#freeFrom[place] = 0;
  }

  /** It was the last one's turn, or the next one is open still, or in quarantine. */
  #takeOther(turn: number): T {
    if (!this.#recycles) return this.#create(NEVER_RECYCLED);
    const handles = this.#handles;
    let place = this.#next < handles.length ? this.#next : 0;
    this.#next = place + 1;
    if (this.#freeFrom[place] > turn) {
      if (handles.length < CAPACITY) {
        place = handles.length;
        handles.push(this.#create(place));
      } else {
        this.release(handles[place]);
      }
    }
    this.#freeFrom[place] = Number.POSITIVE_INFINITY;
    return handles[place];
  }
}
