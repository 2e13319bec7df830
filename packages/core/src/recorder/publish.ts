import {
  F_SIZE_WORD,
  H_PRIORITY_AT,
  H_PRIORITY_SLOTS,
  H_RING_AT,
  H_RING_SLOTS,
  type OverflowStrategy,
  tallyAt,
} from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import { createRingWriter, type RingWriter } from '../memory/ring-writer.js';

/** Copies a finished frame, at this double index, to the ring it belongs to, and counts it if neither has room. */
export type Publish = (frameAt: number, isUrgent: boolean) => void;

const RING_FULL_SPANS = tallyAt('spans_ring_full');
const RING_FULL_FRAMES = tallyAt('frames_ring_full');

export function bindPublish(region: Region, overflow: OverflowStrategy): Publish {
  const { f64, i32 } = region;
  const ring = createRingWriter(region, i32[H_RING_AT], i32[H_RING_SLOTS], overflow);
  // What is in the priority ring is never overwritten: a frame that it refuses takes its chance in the other.
  let urgent: RingWriter | undefined;

  return (frameAt, isUrgent) => {
    const size = i32[frameAt * 2 + F_SIZE_WORD];
    const slots = size & 0xffff;
    if (isUrgent && urgent.write(frameAt, slots)) return;
    if (ring.write(frameAt, slots)) return;
    f64[RING_FULL_SPANS] += size >>> 16;
    f64[RING_FULL_FRAMES]++;
  };
}
