import { F_SIZE_WORD, H_PRIORITY_AT, H_RING_AT, R_GENERATION, tallyAt } from '../memory/layout.js';
import { bindWriteFrame } from '../memory/ring-writer.js';
import type { Recorder } from './recorder.js';

export interface Publisher {
  /** Copies a finished frame to the ring it belongs to, and counts it if neither has room. */
  publish(at: number, isUrgent: boolean): void;
  /** As `publish`, for the frame that was built in the ring. */
  publishInRing(at: number, isUrgent: boolean): void;
}

const RING_FULL_SPANS = tallyAt('spans_ring_full');
const RING_FULL_FRAMES = tallyAt('frames_ring_full');

export function bindPublisher({ region, inFlight }: Recorder): Publisher {
  const { f64, i32 } = region;
  const ring = i32[H_RING_AT];
  const ringGeneration = ring / 4 + R_GENERATION;
  const priorityRing = i32[H_PRIORITY_AT];
  const writeFrame = bindWriteFrame(region);
  const { ringHead } = inFlight;

  /** What is in the priority ring is never overwritten: a frame that it refuses takes its chance in the other. */
  function writeUrgent(at: number): boolean {
    return writeFrame(priorityRing, at, i32[at * 2 + F_SIZE_WORD] & 0xffff);
  }

  return {
    publish(at, isUrgent) {
      if (isUrgent && writeUrgent(at)) return;
      if ((i32[ringGeneration] & 1) !== 0) inFlight.vacateRing();
      const size = i32[at * 2 + F_SIZE_WORD];
      if (writeFrame(ring, at, size & 0xffff)) return;
      f64[RING_FULL_SPANS] += size >>> 16;
      f64[RING_FULL_FRAMES]++;
    },
    publishInRing(at, isUrgent) {
      if (!isUrgent || !writeUrgent(at)) ringHead.publish(at);
    },
  };
}
