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
export interface RingWriter {
  /**
   * Copies a frame of `slots` slots that starts at double `source` of the same region. Its ordinal and the
   * units before it are written into the source first.
   * @returns false when the frame was refused (`drop` only).
   */
  write(source: number, slots: number): boolean;
}

/** @param at byte offset of the ring's control block. */
export function createRingWriter(
  { i32, f64 }: Region,
  at: number,
  capacity: number,
  overflow: OverflowStrategy,
): RingWriter {
  const control = at / 4;
  const frameCount = at / 8 + R_FRAMES_WRITTEN;
  const unitCount = at / 8 + R_UNITS_WRITTEN;
  const base = (at + RING_CONTROL_BYTES) / 8;
  const mask = capacity - 1;
  const segmentShift = Math.max(0, Math.log2(capacity) - Math.log2(BOUNDARY_COUNT));
  const overwrites = overflow === 'overwrite';
  let position = Atomics.load(i32, control + R_PUBLISHED);
  /** The reader's position as last seen: refreshed only when the ring looks full. */
  let read = Atomics.load(i32, control + R_READ);

  function hasRoomUpTo(next: number): boolean {
    if (((next - read) | 0) <= capacity) return true;
    read = Atomics.load(i32, control + R_READ);
    return ((next - read) | 0) <= capacity;
  }

  /** For a reader that has been lapped: where in each 64th of the ring a frame begins. */
  function markBoundary(next: number): void {
    const segment = next >>> segmentShift;
    if (segment !== position >>> segmentShift) {
      i32[control + R_BOUNDARIES + (segment & (BOUNDARY_COUNT - 1))] = next;
    }
  }

  return {
    write(source, slots) {
      const next = (position + slots) | 0;
      if (overwrites) Atomics.store(i32, control + R_INTENT, next);
      else if (!hasRoomUpTo(next)) return false;
      const frames = f64[frameCount];
      const units = f64[unitCount];
      f64[frameCount] = frames + 1;
      f64[unitCount] = units + (i32[source * 2 + F_SIZE_WORD] >>> 16);
      f64[source + F_UNITS_BEFORE] = units;
      i32[source * 2 + F_ORDINAL_WORD] = frames | 0;
      for (let slot = 0, from = source; slot < slots; slot++, from += SLOT_DOUBLES) {
        const to = base + ((position + slot) & mask) * SLOT_DOUBLES;
        f64[to] = f64[from];
        f64[to + 1] = f64[from + 1];
        f64[to + 2] = f64[from + 2];
        f64[to + 3] = f64[from + 3];
      }
      if (overwrites) markBoundary(next);
      position = next;
      Atomics.store(i32, control + R_PUBLISHED, next);
      return true;
    },
  };
}
