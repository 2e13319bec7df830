import { F_SIZE_WORD, H_PRIORITY_AT, H_RING_AT, tallyAt } from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import { bindWriteFrame } from '../memory/ring-writer.js';

/** Copies a finished frame, at this double index, to the ring it belongs to, and counts it if neither has room. */
export type Publish = (frameAt: number, isUrgent: boolean) => void;

const RING_FULL_SPANS = tallyAt('spans_ring_full');
const RING_FULL_FRAMES = tallyAt('frames_ring_full');

export function bindPublish(region: Region): Publish {
  const { f64, i32 } = region;
  const ring = i32[H_RING_AT];
  const priorityRing = i32[H_PRIORITY_AT];
  const writeFrame = bindWriteFrame(region);

  return (frameAt, isUrgent) => {
    const size = i32[frameAt * 2 + F_SIZE_WORD];
    const slots = size & 0xffff;
    // What is in the priority ring is never overwritten: a frame that it refuses takes its chance in the other.
    if (isUrgent && writeFrame(priorityRing, frameAt, slots)) return;
    if (writeFrame(ring, frameAt, slots)) return;
    f64[RING_FULL_SPANS] += size >>> 16;
    f64[RING_FULL_FRAMES]++;
  };
}
