import { KIND_ERROR, KIND_IDENTITY, KIND_PARENT, KIND_TEXT, SLOT_DOUBLES } from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';

/** Whether a record of this kind is followed by slots of text. */
export function isText(kind: number): boolean {
  return kind === KIND_TEXT || kind === KIND_ERROR || kind === KIND_PARENT || kind === KIND_IDENTITY;
}

/** The text of the record in this slot, and how many slots follow it. */
export function textAt({ i32 }: FrameView, slot: number): { value: string; slots: number } {
  const word = slot * SLOT_DOUBLES * 2;
  const units = i32[word + 6] >>> 16;
  let value = '';
  for (let unit = 0, from = word + SLOT_DOUBLES * 2; unit < units; unit += 3, from += 2) {
    value += String.fromCharCode(i32[from] & 0xffff, i32[from] >>> 16, i32[from + 1] & 0xffff);
  }
  return { value: value.slice(0, units), slots: Math.ceil(units / 12) };
}
