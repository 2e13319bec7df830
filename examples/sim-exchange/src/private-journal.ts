import type { PrivateMessage } from './wire.js';

/** What a caller of `append` gives; sequence and time are the journal's. */
type Unnumbered<T> = T extends PrivateMessage ? Omit<T, 'sequence' | 'exchangeMillis'> : never;
export type PrivateEvent = Unnumbered<PrivateMessage>;

const MAX_KEPT_EVENTS = 65_536;

/** The private stream's memory: numbers events, passes them on and replays them to whoever reconnects. */
export class PrivateJournal {
  #events: PrivateMessage[] = [];
  #sequence = 0;
  readonly #listeners = new Set<(message: PrivateMessage) => void>();

  get sequence(): number {
    return this.#sequence;
  }

  append(event: PrivateEvent): void {
    this.#sequence += 1;
    const message = { sequence: this.#sequence, exchangeMillis: Date.now(), ...event } as PrivateMessage;
    this.#events.push(message);
    // Halving at double size keeps the cost of forgetting constant on average.
    if (this.#events.length >= 2 * MAX_KEPT_EVENTS) this.#events = this.#events.slice(-MAX_KEPT_EVENTS);
    for (const listener of this.#listeners) listener(message);
  }

  /**
   * Everything after `sequence`, then everything that comes, until the returned function is called.
   * Undefined when the journal no longer reaches back that far.
   */
  follow(sequence: number, listener: (message: PrivateMessage) => void): (() => void) | undefined {
    const oldest = this.#events[0]?.sequence ?? this.#sequence + 1;
    if (sequence + 1 < oldest) return undefined;
    for (const event of this.#events) if (event.sequence > sequence) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
