import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_MAX_SLOTS, SLOT_DOUBLES } from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';
import { FrameCopies } from './frame-copies.js';

const SLOT_WORDS = SLOT_DOUBLES * 2;

/** Any words, also such as are no number when read as a double. */
function frameOf(slots: number, fill: number): FrameView {
  const f64 = new Float64Array(FRAME_MAX_SLOTS * SLOT_DOUBLES);
  const i32 = new Int32Array(f64.buffer);
  i32.fill(fill, 0, slots * SLOT_WORDS);
  i32[0] = slots;
  return { f64, i32 };
}

test('every frame is read as it was kept, whatever was kept and read in between', () => {
  const frame = fc.record({ slots: fc.integer({ min: 2, max: FRAME_MAX_SLOTS }), fill: fc.integer() });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.nat()),
      (frames, order) => {
        const copies = new FrameCopies();
        const kept = frames.map(({ slots, fill }) => copies.keep(frameOf(slots, fill)));
        for (const { slots, fill, copy } of frames.map((one, index) => ({ ...one, copy: kept[index] }))) {
          copies.view(kept[(order.next().value ?? 0) % kept.length]);
          const words = slots * SLOT_WORDS;
          expect(copies.view(copy).i32.slice(0, words)).toEqual(frameOf(slots, fill).i32.slice(0, words));
        }
      },
    ),
  );
});
