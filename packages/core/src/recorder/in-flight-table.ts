import { performance } from 'node:perf_hooks';
import {
  F_START,
  H_IN_FLIGHT_AT,
  H_IN_FLIGHT_SLOTS,
  H_SPILL_AT,
  H_SPILL_SLOTS,
  IN_FLIGHT_SLOT_DOUBLES,
  PRIVATE_DOUBLES,
  SPILL_SLOT_DOUBLES,
} from '../memory/layout.js';
import type { TickHandle } from './handles.js';
import type { Recorder } from './recorder.js';

/**
 * The slots in which open ticks gather their spans. Slots are reused last in, first out: a bot with one
 * open tick stays in the same cache lines. When all are taken, ticks that were never ended are closed as
 * abandoned; if there are none, the tick gets a spill slot, in which it is timed but not traced.
 */
export class InFlightTable {
  readonly #recorder: Recorder;
  readonly #abandonAfterMillis: number;
  readonly #traced: Int32Array;
  #tracedFree: number;
  readonly #spill: Int32Array;
  #spillFree: number;
  readonly #inFlightAt: number;
  readonly #spillAt: number;
  #nextAbandonMillis = 0;
  readonly #owners: (TickHandle | undefined)[];

  constructor(recorder: Recorder, abandonAfterMillis: number) {
    const { i32 } = recorder;
    this.#recorder = recorder;
    this.#abandonAfterMillis = abandonAfterMillis;
    this.#inFlightAt = i32[H_IN_FLIGHT_AT] / 8;
    this.#spillAt = i32[H_SPILL_AT] / 8;
    this.#tracedFree = i32[H_IN_FLIGHT_SLOTS];
    this.#spillFree = i32[H_SPILL_SLOTS];
    this.#traced = stackOf(this.#tracedFree, 0);
    this.#spill = stackOf(this.#spillFree, this.#tracedFree);
    this.#owners = new Array(this.#tracedFree + this.#spillFree).fill(undefined);
  }

  /** A slot's number: below the number of in-flight slots it can be traced. Never fails. */
  take(owner: TickHandle): number {
    if (this.#tracedFree === 0) this.#abandonOld(performance.now());
    let slot: number;
    if (this.#tracedFree > 0) {
      slot = this.#traced[--this.#tracedFree];
    } else {
      this.#recorder.count('in_flight_full');
      if (this.#spillFree === 0) this.#oldest().abandon();
      slot = this.#spillFree > 0 ? this.#spill[--this.#spillFree] : this.#traced[--this.#tracedFree];
    }
    this.#owners[slot] = owner;
    return slot;
  }

  give(slot: number): void {
    this.#owners[slot] = undefined;
    if (slot < this.#traced.length) this.#traced[this.#tracedFree++] = slot;
    else this.#spill[this.#spillFree++] = slot;
  }

  canTrace(slot: number): boolean {
    return slot < this.#traced.length;
  }

  /** Double index of a slot. */
  at(slot: number): number {
    return slot < this.#traced.length
      ? this.#inFlightAt + slot * IN_FLIGHT_SLOT_DOUBLES
      : this.#spillAt + (slot - this.#traced.length) * SPILL_SLOT_DOUBLES;
  }

  /** Looks through the table only when there can be something to find: it is as long as it is full. */
  #abandonOld(nowMillis: number): void {
    if (nowMillis < this.#nextAbandonMillis) return;
    let oldestStart = nowMillis;
    for (const owner of this.#owners) {
      if (owner === undefined) continue;
      const start = this.#startOf(owner);
      if (nowMillis - start > this.#abandonAfterMillis) owner.abandon();
      else oldestStart = Math.min(oldestStart, start);
    }
    this.#nextAbandonMillis = oldestStart + this.#abandonAfterMillis;
  }

  #oldest(): TickHandle {
    let oldest: TickHandle | undefined;
    for (const owner of this.#owners) {
      if (owner === undefined) continue;
      if (oldest === undefined || this.#startOf(owner) < this.#startOf(oldest)) oldest = owner;
    }
    return oldest as TickHandle;
  }

  #startOf(owner: TickHandle): number {
    return this.#recorder.f64[owner.at + PRIVATE_DOUBLES + F_START];
  }
}

/** Free slots, the lowest number on top. */
function stackOf(size: number, first: number): Int32Array {
  return Int32Array.from({ length: size }, (_, index) => first + size - 1 - index);
}
