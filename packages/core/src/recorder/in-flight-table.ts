import { performance } from 'node:perf_hooks';
import {
  F_CURSOR,
  F_DEADLINE,
  F_END,
  F_GENERATION_WORD,
  F_POSITION,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  F_SUBJECT_WORD,
  FRAME_HEADER_SLOTS,
  H_IN_FLIGHT_AT,
  H_IN_FLIGHT_SLOTS,
  H_RING_AT,
  H_SPILL_AT,
  H_SPILL_SLOTS,
  IN_FLIGHT_SLOT_DOUBLES,
  R_GENERATION,
  SLOT_DOUBLES,
  SPILL_SLOT_DOUBLES,
} from '../memory/layout.js';
import { bindRingHead, type RingHead } from '../memory/ring-head.js';
import type { TickHandle } from './handles.js';
import type { Recorder } from './recorder.js';

/**
 * Where open ticks gather their spans. One does so at the head of the ring, where its frame need not be copied
 * at its end; the others in slots, reused last in, first out, so that a bot stays in the same cache lines. A slot
 * is kept free for the tick in the ring: it moves there when another frame is to be published before it.
 *
 * When all slots are taken, ticks that were never ended are closed as abandoned; if there are none, the tick gets
 * a spill slot, in which it is timed but not traced.
 */
export class InFlightTable {
  readonly ringHead: RingHead;
  readonly #recorder: Recorder;
  readonly #abandonAfterMillis: number;
  readonly #traced: Int32Array;
  #tracedFree: number;
  readonly #spill: Int32Array;
  #spillFree: number;
  /** The slot that is kept for the tick in the ring; -1 when there is none to keep. */
  #kept = -1;
  readonly #inFlightAt: number;
  readonly #spillAt: number;
  readonly #ringGeneration: number;
  #nextAbandonMillis = 0;
  /** By slot; the tick in the ring is the owner of the kept one. */
  readonly #owners: (TickHandle | undefined)[];

  constructor(recorder: Recorder, abandonAfterMillis: number) {
    const { i32 } = recorder;
    this.#recorder = recorder;
    this.#abandonAfterMillis = abandonAfterMillis;
    this.ringHead = bindRingHead(recorder.region);
    this.#inFlightAt = i32[H_IN_FLIGHT_AT] / 8;
    this.#spillAt = i32[H_SPILL_AT] / 8;
    this.#ringGeneration = i32[H_RING_AT] / 4 + R_GENERATION;
    this.#tracedFree = i32[H_IN_FLIGHT_SLOTS];
    this.#spillFree = i32[H_SPILL_SLOTS];
    this.#traced = stackOf(this.#tracedFree, 0);
    this.#spill = stackOf(this.#spillFree, this.#tracedFree);
    this.#owners = new Array(this.#tracedFree + this.#spillFree).fill(undefined);
  }

  /** Double index of a frame at the head of the ring; -1 when the tick has to take a slot. */
  enterRing(owner: TickHandle): number {
    if (this.#isRingTaken) return -1;
    if (this.#kept < 0) {
      if (this.#tracedFree === 0) return -1;
      this.#kept = this.#traced[--this.#tracedFree];
    }
    const at = this.ringHead.place();
    if (at >= 0) this.#owners[this.#kept] = owner;
    return at;
  }

  leaveRing(): void {
    this.#owners[this.#kept] = undefined;
  }

  /** Moves the tick in the ring, if there is one, to its slot: another frame is to be published before its own. */
  vacateRing(): void {
    if (!this.#isRingTaken) return;
    const { i32, f64 } = this.#recorder;
    const owner = this.#owners[this.#kept] as TickHandle;
    const from = owner.at;
    const to = this.#inFlightAt + this.#kept * IN_FLIGHT_SLOT_DOUBLES;
    this.#kept = -1;
    i32[to * 2 + F_SIZE_WORD] = i32[from * 2 + F_SIZE_WORD];
    i32[to * 2 + F_SIZE_WORD + 1] = i32[from * 2 + F_SIZE_WORD + 1];
    for (const double of MOVED_DOUBLES) f64[to + double] = f64[from + double];
    i32[to * 2 + F_SUBJECT_WORD] = i32[from * 2 + F_SUBJECT_WORD];
    const end = (i32[from * 2 + F_SIZE_WORD] & 0xffff) * SLOT_DOUBLES;
    for (let double = FRAME_HEADER_SLOTS * SLOT_DOUBLES; double < end; double++) {
      f64[to + double] = f64[from + double];
    }
    owner.moveTo(to);
    i32[to * 2 + F_GENERATION_WORD]++;
    i32[this.#ringGeneration]++;
  }

  /** Double index of a slot. Never fails. */
  take(owner: TickHandle): number {
    let slot = this.#takeTraced();
    if (slot < 0) {
      this.#abandonOld(performance.now());
      slot = this.#takeTraced();
    }
    if (slot < 0) {
      this.#recorder.count('in_flight_full');
      if (this.#spillFree === 0) this.#oldest().abandon();
      slot = this.#spillFree > 0 ? this.#spill[--this.#spillFree] : this.#takeTraced();
    }
    this.#owners[slot] = owner;
    return slot < this.#traced.length
      ? this.#inFlightAt + slot * IN_FLIGHT_SLOT_DOUBLES
      : this.#spillAt + (slot - this.#traced.length) * SPILL_SLOT_DOUBLES;
  }

  /** @param at what `take` gave. */
  give(at: number): void {
    if (this.canTrace(at)) {
      const slot = (at - this.#inFlightAt) / IN_FLIGHT_SLOT_DOUBLES;
      this.#owners[slot] = undefined;
      this.#traced[this.#tracedFree++] = slot;
    } else {
      const slot = (at - this.#spillAt) / SPILL_SLOT_DOUBLES + this.#traced.length;
      this.#owners[slot] = undefined;
      this.#spill[this.#spillFree++] = slot;
    }
  }

  /** Whether what `take` gave has room for records. */
  canTrace(at: number): boolean {
    return at < this.#spillAt;
  }

  get #isRingTaken(): boolean {
    return (this.#recorder.i32[this.#ringGeneration] & 1) !== 0;
  }

  /** The kept slot too when nobody is in the ring. */
  #takeTraced(): number {
    if (this.#tracedFree > 0) return this.#traced[--this.#tracedFree];
    if (this.#kept < 0 || this.#isRingTaken) return -1;
    const slot = this.#kept;
    this.#kept = -1;
    return slot;
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
    return this.#recorder.f64[owner.at + F_START];
  }
}

/** A header without the words that belong to a slot. */
const MOVED_DOUBLES = [F_SEQUENCE, F_START, F_END, F_DEADLINE, F_CURSOR, F_POSITION];

/** Free slots, the lowest number on top. */
function stackOf(size: number, first: number): Int32Array {
  return Int32Array.from({ length: size }, (_, index) => first + size - 1 - index);
}
