import {
  ASCII_PER_SLOT,
  KIND_ERROR,
  KIND_IDENTITY,
  KIND_PARENT,
  KIND_TEXT,
  KIND_TRACE_STATE,
  SLOT_DOUBLES,
  TEXT_UNITS_PER_SLOT,
} from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';

/** Whether a record of this kind is followed by slots of text. */
export function isText(kind: number): boolean {
  return (
    kind === KIND_TEXT ||
    kind === KIND_ERROR ||
    kind === KIND_PARENT ||
    kind === KIND_IDENTITY ||
    kind === KIND_TRACE_STATE
  );
}

/** The text of the record in this slot, and how many slots follow it. */
export function textAt({ i32 }: FrameView, slot: number): { value: string; slots: number } {
  const word = slot * SLOT_DOUBLES * 2;
  const units = i32[word + 6] >>> 16;
  if (((i32[word + 4] >>> 16) & 0xff) === KIND_TRACE_STATE) {
    return { value: asciiAt(i32, word, units), slots: Math.ceil(units / ASCII_PER_SLOT) };
  }
  let value = '';
  for (let unit = 0, from = word + SLOT_DOUBLES * 2; unit < units; unit += 3, from += 2) {
    value += String.fromCharCode(i32[from] & 0xffff, i32[from] >>> 16, i32[from + 1] & 0xffff);
  }
  return { value: value.slice(0, units), slots: Math.ceil(units / TEXT_UNITS_PER_SLOT) };
}

function asciiAt(i32: Int32Array, word: number, units: number): string {
  let value = '';
  for (let unit = 0, from = word + SLOT_DOUBLES * 2; unit < units; unit += 8, from += 2) {
    value += unpacked(i32[from], 8) + unpacked(i32[from + 1], 7);
  }
  return value.slice(0, units);
}

function unpacked(word: number, bits: number): string {
  const mask = (1 << bits) - 1;
  return String.fromCharCode(
    word & mask,
    (word >>> bits) & mask,
    (word >>> (2 * bits)) & mask,
    (word >>> (3 * bits)) & mask,
  );
}
