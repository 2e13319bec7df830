import {
  BOUNDARY_COUNT,
  F_ORDINAL_WORD,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_FRAMES_WRITTEN,
  R_INTENT,
  R_PUBLISHED,
  R_READ,
  R_UNITS_WRITTEN,
  RING_CONTROL_BYTES,
  SLOT_DOUBLES,
} from './layout.js';
import type { Region } from './region.js';

/**
 * The writing end of a ring with one writer and one reader.
 *
 * `drop`: a frame that does not fit is refused; one sequentially consistent store publishes a frame.
 * `overwrite` (after Agrona's broadcast buffer): the *intent* position is stored before a frame is written
 * and the *published* one after it, so that a reader that has been lapped can tell, after copying, that
 * what it copied may be torn. Frames differ in length; a table of boundaries, one for each 64th of the
 * ring, lets a lapped reader resume at the oldest frame that is safe instead of skipping to the newest.
 */
export class RingWriter {
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #control: number;
  readonly #controlDoubles: number;
  readonly #slots: number;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #segmentShift: number;
  readonly #overwrites: boolean;
  #position: number;
  /** The reader's position as last seen: refreshed only when the ring looks full. */
  #read: number;

  /** @param at byte offset of the ring's control block. */
  constructor(region: Region, at: number, slots: number, overflow: OverflowStrategy) {
    this.#i32 = region.i32;
    this.#f64 = region.f64;
    this.#control = at / 4;
    this.#controlDoubles = at / 8;
    this.#slots = (at + RING_CONTROL_BYTES) / 8;
    this.#capacity = slots;
    this.#mask = slots - 1;
    this.#segmentShift = Math.max(0, Math.log2(slots) - Math.log2(BOUNDARY_COUNT));
    this.#overwrites = overflow === 'overwrite';
    this.#position = Atomics.load(this.#i32, this.#control + R_PUBLISHED);
    this.#read = Atomics.load(this.#i32, this.#control + R_READ);
  }

  /**
   * Copies a frame of `slots` slots that starts at double `source` of the same region.
   * @returns false when the frame was refused (`drop` only).
   */
  write(source: number, slots: number): boolean {
    const i32 = this.#i32;
    const position = this.#position;
    const next = (position + slots) | 0;
    if (this.#overwrites) {
      Atomics.store(i32, this.#control + R_INTENT, next);
    } else if (((next - this.#read) | 0) > this.#capacity) {
      this.#read = Atomics.load(i32, this.#control + R_READ);
      if (((next - this.#read) | 0) > this.#capacity) return false;
    }
    const f64 = this.#f64;
    const base = this.#slots;
    const mask = this.#mask;
    for (let slot = 0, from = source; slot < slots; slot++, from += SLOT_DOUBLES) {
      const to = base + ((position + slot) & mask) * SLOT_DOUBLES;
      f64[to] = f64[from];
      f64[to + 1] = f64[from + 1];
      f64[to + 2] = f64[from + 2];
      f64[to + 3] = f64[from + 3];
    }
    const control = this.#controlDoubles;
    const frames = f64[control + R_FRAMES_WRITTEN];
    const units = f64[control + R_UNITS_WRITTEN];
    const second = base + ((position + 1) & mask) * SLOT_DOUBLES;
    f64[second + F_UNITS_BEFORE - SLOT_DOUBLES] = units;
    i32[second * 2 + F_ORDINAL_WORD - SLOT_DOUBLES * 2] = frames | 0;
    f64[control + R_FRAMES_WRITTEN] = frames + 1;
    f64[control + R_UNITS_WRITTEN] = units + (i32[source * 2 + F_SIZE_WORD] >>> 16);
    this.#position = next;
    if (this.#overwrites) {
      const segment = next >>> this.#segmentShift;
      if (segment !== position >>> this.#segmentShift) {
        i32[this.#control + R_BOUNDARIES + (segment & (BOUNDARY_COUNT - 1))] = next;
      }
    }
    Atomics.store(i32, this.#control + R_PUBLISHED, next);
    return true;
  }
}
