/** Holds the latest item only: an old price is worth nothing once there is a newer one. */
export class Mailbox<T> {
  #item: T | undefined;

  /** Returns how many items this one replaced: 0 or 1. */
  put(item: T): number {
    const replaced = this.#item === undefined ? 0 : 1;
    this.#item = item;
    return replaced;
  }

  take(): T | undefined {
    const item = this.#item;
    this.#item = undefined;
    return item;
  }
}
