import {
  BOUNDARY_COUNT,
  F_ORDINAL_WORD,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_FENCE,
  R_FRAMES_WRITTEN,
  R_INTENT,
  R_NEXT_ORDINAL,
  R_NEXT_UNITS,
  R_PUBLISHED,
  R_READ,
  R_UNITS_WRITTEN,
  RING_CONTROL_BYTES,
  SLOT_DOUBLES,
} from './layout.js';
import type { Region } from './region.js';

/** A frame's copy: valid until the next call of `next()`. Offsets within it are those of the layout. */
export interface FrameView {
  readonly f64: Float64Array;
  readonly i32: Int32Array;
}

/**
 * What has passed through a ring since this reader took it over. At quiescence lost + read = written, in
 * frames and in units, over all readers that the ring has had.
 */
export interface RingTally {
  readonly framesRead: number;
  readonly unitsRead: number;
  readonly framesLost: number;
  readonly unitsLost: number;
}

/**
 * The reading end of a ring (see RingWriter). The read position, and what the next frame has to say if
 * nothing is lost, live in shared memory: a new worker goes on where the last one stopped, and counts as
 * lost what was overwritten in between.
 */
export class RingReader {
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #control: number;
  readonly #slots: number;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #overwrites: boolean;
  readonly #copy = new Float64Array(FRAME_MAX_SLOTS * SLOT_DOUBLES);
  readonly view: FrameView = { f64: this.#copy, i32: new Int32Array(this.#copy.buffer) };
  #position: number;
  #framesRead = 0;
  #unitsRead = 0;
  #framesLost = 0;
  #unitsLost = 0;
  /** Ordinal and units that the next frame has if nothing is lost. */
  #nextOrdinal: number;
  #nextUnits: number;

  constructor(region: Region, at: number, slots: number, overflow: OverflowStrategy) {
    this.#i32 = region.i32;
    this.#f64 = region.f64;
    this.#control = at / 4;
    this.#slots = (at + RING_CONTROL_BYTES) / 8;
    this.#capacity = slots;
    this.#mask = slots - 1;
    this.#overwrites = overflow === 'overwrite';
    this.#position = Atomics.load(this.#i32, this.#control + R_READ);
    this.#nextOrdinal = this.#i32[this.#control + R_NEXT_ORDINAL];
    this.#nextUnits = this.#f64[this.#control / 2 + R_NEXT_UNITS];
  }

  get tally(): RingTally {
    return {
      framesRead: this.#framesRead,
      unitsRead: this.#unitsRead,
      framesLost: this.#framesLost,
      unitsLost: this.#unitsLost,
    };
  }

  /** Frames that the writer has written so far, read or not. */
  get framesWritten(): number {
    return this.#f64[this.#control / 2 + R_FRAMES_WRITTEN];
  }

  get unitsWritten(): number {
    return this.#f64[this.#control / 2 + R_UNITS_WRITTEN];
  }

  /** Units before the read position: read, by whichever reader, or lost. */
  get unitsTaken(): number {
    return this.#nextUnits;
  }

  /** Share of the ring that is published and not yet read, 0…1. */
  get fill(): number {
    const published = Atomics.load(this.#i32, this.#control + R_PUBLISHED);
    return Math.min(1, ((published - this.#position) >>> 0) / this.#capacity);
  }

  /** Copies the next frame into `view`; false when there is none. */
  next(): boolean {
    const i32 = this.#i32;
    const published = Atomics.load(i32, this.#control + R_PUBLISHED);
    while (this.#position !== published) {
      if (!this.#overwrites) {
        const slots = this.#copyFrame(this.#position);
        this.#accept(slots);
        return true;
      }
      if (this.#isIntact()) {
        const slots = this.#copyFrame(this.#position);
        // A read-modify-write keeps the copy's loads before the check that follows.
        Atomics.add(i32, this.#control + R_FENCE, 1);
        if (slots >= FRAME_HEADER_SLOTS && this.#isIntact()) {
          this.#accept(slots);
          return true;
        }
      }
      this.#resume(published);
    }
    this.#settleLosses();
    return false;
  }

  /** Units that are published and not yet read: `drop` walks the frames' headers, `overwrite` subtracts. */
  pendingUnits(): number {
    const published = Atomics.load(this.#i32, this.#control + R_PUBLISHED);
    if (this.#position === published) return 0;
    // A lapped ring has no walkable start; what is overwritten before it is read becomes a loss then.
    if (this.#overwrites) return this.unitsWritten - this.#nextUnits;
    let units = 0;
    for (let position = this.#position; position !== published; ) {
      const size = this.#i32[(this.#slots + (position & this.#mask) * SLOT_DOUBLES) * 2 + F_SIZE_WORD];
      units += size >>> 16;
      position = (position + (size & 0xffff)) | 0;
    }
    return units;
  }

  /** The ring is empty: if no frame is being written either, everything not read is lost, and counted so. */
  #settleLosses(): void {
    if (!this.#overwrites) return;
    const intent = Atomics.load(this.#i32, this.#control + R_INTENT);
    const frames = this.framesWritten;
    const units = this.unitsWritten;
    Atomics.add(this.#i32, this.#control + R_FENCE, 1);
    const isQuiet =
      intent === this.#position && Atomics.load(this.#i32, this.#control + R_INTENT) === this.#position;
    if (!isQuiet) return;
    this.#skipTo(frames | 0, units);
    this.#settlePosition(frames | 0, units);
  }

  /** Distances are unsigned: a ring that nobody read for long may be more than 2^31 slots ahead. */
  #isIntact(): boolean {
    const intent = Atomics.load(this.#i32, this.#control + R_INTENT);
    return (intent - this.#position) >>> 0 <= this.#capacity;
  }

  #copyFrame(position: number): number {
    const size = this.#i32[(this.#slots + (position & this.#mask) * SLOT_DOUBLES) * 2 + F_SIZE_WORD];
    // Under overwrite the size itself may be torn: bounded here, rejected by the check that follows.
    const slots = Math.min(size & 0xffff, FRAME_MAX_SLOTS);
    const f64 = this.#f64;
    const copy = this.#copy;
    for (let slot = 0, to = 0; slot < slots; slot++, to += SLOT_DOUBLES) {
      const from = this.#slots + ((position + slot) & this.#mask) * SLOT_DOUBLES;
      copy[to] = f64[from];
      copy[to + 1] = f64[from + 1];
      copy[to + 2] = f64[from + 2];
      copy[to + 3] = f64[from + 3];
    }
    return slots;
  }

  #accept(slots: number): void {
    const { i32, f64 } = this.view;
    const ordinal = i32[F_ORDINAL_WORD];
    const units = i32[F_SIZE_WORD] >>> 16;
    this.#skipTo(ordinal, f64[F_UNITS_BEFORE]);
    this.#framesRead++;
    this.#unitsRead += units;
    this.#position = (this.#position + slots) | 0;
    this.#settlePosition((ordinal + 1) | 0, f64[F_UNITS_BEFORE] + units);
  }

  /** What was expected before this is lost. */
  #skipTo(ordinal: number, units: number): void {
    this.#framesLost += (ordinal - this.#nextOrdinal) | 0;
    this.#unitsLost += units - this.#nextUnits;
  }

  #settlePosition(nextOrdinal: number, nextUnits: number): void {
    this.#nextOrdinal = nextOrdinal;
    this.#nextUnits = nextUnits;
    this.#i32[this.#control + R_NEXT_ORDINAL] = nextOrdinal;
    this.#f64[this.#control / 2 + R_NEXT_UNITS] = nextUnits;
    // Last: under `drop`, the writer may use the slots before this position again from now on.
    Atomics.store(this.#i32, this.#control + R_READ, this.#position);
  }

  /** After being lapped: the oldest boundary that leaves the writer an eighth of the ring to go. */
  #resume(published: number): void {
    const i32 = this.#i32;
    const margin = this.#capacity >> 3;
    const intent = Atomics.load(i32, this.#control + R_INTENT);
    const behind = (published - this.#position) >>> 0;
    let best = published;
    for (let boundary = 0; boundary < BOUNDARY_COUNT; boundary++) {
      const at = Atomics.load(i32, this.#control + R_BOUNDARIES + boundary);
      const skipped = (at - this.#position) >>> 0;
      const isAhead = skipped > 0 && skipped <= behind;
      const isSafe = (intent - at) >>> 0 <= this.#capacity - margin;
      if (isAhead && isSafe && skipped < (best - this.#position) >>> 0) best = at;
    }
    this.#position = best;
  }
}
