import {
  F_ORDINAL_WORD,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  FRAME_MAX_SLOTS,
  H_RING_AT,
  R_CAPACITY,
  R_FRAMES_WRITTEN,
  R_OVERWRITES,
  R_PUBLISHED,
  R_READ,
  R_READ_SEEN,
  R_UNITS_WRITTEN,
  RING_CONTROL_BYTES,
  SLOT_DOUBLES,
} from './layout.js';
import type { Region } from './region.js';

/**
 * A frame that is built where it will be read: at the head of the ring, behind everything that is published.
 * Nothing is copied then. There is one such place; whatever else is published meanwhile moves the frame away
 * first.
 */
export interface RingHead {
  /**
   * Double index of room for a frame of any size; -1 when there is none before the ring's end, or when the ring
   * overwrites: its reader would take what is written there for torn.
   */
  place(): number;
  /** Publishes the frame that was built at this double index. */
  publish(at: number): void;
}

export function bindRingHead({ i32, f64 }: Region): RingHead {
  const control = i32[H_RING_AT] >> 2;
  const counts = i32[H_RING_AT] >> 3;
  const base = (i32[H_RING_AT] + RING_CONTROL_BYTES) >> 3;
  const capacity = i32[control + R_CAPACITY];
  const mask = capacity - 1;
  const lastIndex = i32[control + R_OVERWRITES] === 0 ? capacity - FRAME_MAX_SLOTS : -1;

  /** Whether the reader has made room since its position was last looked at. */
  function hasRoomNow(next: number): boolean {
    const read = Atomics.load(i32, control + R_READ);
    i32[control + R_READ_SEEN] = read;
    return ((next - read) | 0) <= capacity;
  }

  return {
    place() {
      const position = i32[control + R_PUBLISHED];
      const index = position & mask;
      if (index > lastIndex) return -1;
      const next = (position + FRAME_MAX_SLOTS) | 0;
      if (((next - i32[control + R_READ_SEEN]) | 0) > capacity && !hasRoomNow(next)) return -1;
      return base + index * SLOT_DOUBLES;
    },
    publish(at) {
      const size = i32[at * 2 + F_SIZE_WORD];
      const frames = f64[counts + R_FRAMES_WRITTEN];
      const units = f64[counts + R_UNITS_WRITTEN];
      f64[counts + R_FRAMES_WRITTEN] = frames + 1;
      f64[counts + R_UNITS_WRITTEN] = units + (size >>> 16);
      f64[at + F_UNITS_BEFORE] = units;
      i32[at * 2 + F_ORDINAL_WORD] = frames | 0;
      Atomics.store(i32, control + R_PUBLISHED, (i32[control + R_PUBLISHED] + (size & 0xffff)) | 0);
    },
  };
}
