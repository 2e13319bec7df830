/**
 * A bounded memory of recent decisions, so that a span which ends after its tick (a request that outlived
 * it) follows the tick's fate instead of becoming an orphan or going missing.
 */
import type { TickTrace } from '../kept-tick.js';
import type { KeepReason } from '../protocol.js';

export interface Decision {
  /** Empty: the tick was dropped although there were reasons to keep it (`span_budget`), or sampled out. */
  readonly keptBy: readonly KeepReason[];
  /** The sampling threshold in force when it was decided; undefined when another tracer decided. */
  readonly threshold: number | undefined;
  /** There was no reason to keep it. */
  readonly isSampledOut?: boolean;
  /** Of a tick that is kept, unless it is computed from lane and sequence alone. */
  readonly trace?: TickTrace | undefined;
}

/**
 * A ring of the latest decisions, and a hash table of places in it with open addressing. In typed arrays, since a
 * thousand decisions and more are remembered for every one that is asked for: a Map of as many keys took three
 * times the memory, all of it the garbage collector's to walk.
 */
export class KeptIds {
  readonly #capacity: number;
  /** Ring. */
  readonly #sequences: Float64Array;
  readonly #lanes: Int32Array;
  readonly #decisions: Decision[] = [];
  /** 1 + place in the ring; 0: free. At least twice as long as the ring. */
  readonly #table: Int32Array;
  readonly #mask: number;
  /** Decisions since the start; the place in the ring is their remainder. */
  #count = 0;
  #size = 0;

  /** @param capacity ticks that are remembered; the oldest are forgotten. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sequences = new Float64Array(capacity);
    this.#lanes = new Int32Array(capacity);
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#table = new Int32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Ticks that were sampled out need not be remembered, unless spans of the API wait for the decision. */
  remember(lane: number, sequence: number, decision: Decision): void {
    const place = this.#count++ % this.#capacity;
    if (this.#count > this.#capacity)
      this.#forget(this.#slotOf(this.#lanes[place], this.#sequences[place]), place);
    const before = this.#slotOf(lane, sequence);
    if (this.#table[before] === 0) this.#size++;
    this.#table[before] = place + 1;
    this.#lanes[place] = lane;
    this.#sequences[place] = sequence;
    this.#decisions[place] = decision;
  }

  /** Undefined when the tick was sampled out or is no longer remembered. */
  decisionOf(lane: number, sequence: number): Decision | undefined {
    return this.#decisions[this.#table[this.#slotOf(lane, sequence)] - 1];
  }

  /** Where it is in the table, or where it would go. */
  #slotOf(lane: number, sequence: number): number {
    let slot = this.#homeOf(lane, sequence);
    for (; ; slot = (slot + 1) & this.#mask) {
      const place = this.#table[slot] - 1;
      if (place < 0 || (this.#sequences[place] === sequence && this.#lanes[place] === lane)) return slot;
    }
  }

  #homeOf(lane: number, sequence: number): number {
    const mixed = Math.imul((sequence | 0) ^ Math.imul(lane, 0x85eb_ca6b), 0x9e37_79b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  /** Unless the tick was remembered again since, and the slot is the newer one's. */
  #forget(slot: number, place: number): void {
    if (this.#table[slot] !== place + 1) return;
    this.#size--;
    // What follows moves up if its home lies before the gap: so that no search ends in one.
    for (let gap = slot, next = slot; ; ) {
      this.#table[gap] = 0;
      for (;;) {
        next = (next + 1) & this.#mask;
        const other = this.#table[next] - 1;
        if (other < 0) return;
        const home = this.#homeOf(this.#lanes[other], this.#sequences[other]);
        if (((next - home) & this.#mask) >= ((next - gap) & this.#mask)) break;
      }
      this.#table[gap] = this.#table[next];
      gap = next;
    }
  }
}
