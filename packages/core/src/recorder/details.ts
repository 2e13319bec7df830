/** Attributes, events and texts: the records of a frame that are not spans. */
import type { ParentContext } from '../api.js';
import {
  ASCII_PER_SLOT,
  DROPPED_MAX,
  DROPPED_SHIFT,
  F_FLAGS_WORD,
  F_SIZE_WORD,
  FLAG_REMOTE_PARENT,
  FLAG_UNTRACED,
  FRAME_MAX_SLOTS,
  KIND_ATTRIBUTE,
  KIND_PARENT,
  KIND_SHIFT,
  KIND_TEXT,
  KIND_TRACE_STATE,
  SLOT_DOUBLES,
  TEXT_MAX,
  TEXT_UNITS_PER_SLOT,
  VALUE_BOOLEAN,
  VALUE_NUMBER,
  VALUE_STRING,
} from '../memory/layout.js';
import type { AttributeValue } from '../records.js';
import { NO_NAME } from './names.js';
import type { Recorder } from './recorder.js';

/** `at` is the double index of a frame under construction, `target` the index of the span that is described. */
export function appendAttribute(
  recorder: Recorder,
  at: number,
  target: number,
  key: string,
  value: AttributeValue,
): void {
  if (typeof key !== 'string') return recorder.count('arguments_ignored');
  const name = recorder.names.id(key);
  if (typeof value === 'number') {
    appendDetail(recorder, at, KIND_ATTRIBUTE, name, target, value, VALUE_NUMBER, 0);
  } else if (typeof value === 'boolean') {
    appendDetail(recorder, at, KIND_ATTRIBUTE, name, target, value ? 1 : 0, VALUE_BOOLEAN, 0);
  } else if (typeof value === 'string') {
    const id = recorder.names.valueId(value);
    if (id === NO_NAME) appendText(recorder, at, KIND_TEXT, name, target, value);
    else appendDetail(recorder, at, KIND_ATTRIBUTE, name, target, 0, VALUE_STRING, id);
  } else {
    recorder.count('arguments_ignored');
  }
}

/** A record of one slot that is not a span. @returns its double index, or -1 when the frame is full. */
export function appendDetail(
  recorder: Recorder,
  at: number,
  kind: number,
  name: number,
  target: number,
  number: number,
  valueType: number,
  valueId: number,
): number {
  const record = place(recorder, at, 1);
  if (record < 0) return -1;
  const { f64, i32 } = recorder;
  const word = record * 2;
  f64[record] = number;
  i32[word + 2] = valueId;
  i32[word + 3] = valueType;
  i32[word + 4] = name | (kind << KIND_SHIFT);
  i32[word + 5] = target;
  i32[word + 6] = 0;
  i32[word + 7] = 0;
  commit(recorder, at, 1);
  return record;
}

/** A text of up to `TEXT_MAX` UTF-16 units, cut and counted beyond. */
export function appendText(
  recorder: Recorder,
  at: number,
  kind: number,
  name: number,
  target: number,
  text: string,
): void {
  let units = text.length;
  if (units > TEXT_MAX) {
    units = TEXT_MAX;
    recorder.count('texts_truncated');
  }
  const slots = 1 + Math.ceil(units / TEXT_UNITS_PER_SLOT);
  const record = place(recorder, at, slots);
  if (record < 0) return;
  const { f64, i32 } = recorder;
  const word = record * 2;
  f64[record] = 0;
  f64[record + 1] = 0;
  i32[word + 4] = name | (kind << KIND_SHIFT);
  i32[word + 5] = target;
  i32[word + 6] = units << 16;
  i32[word + 7] = 0;
  let to = word + SLOT_DOUBLES * 2;
  for (let unit = 0; unit < units; unit += 3, to += 2) {
    // charCodeAt past the end is NaN, which the bit operations turn into 0.
    i32[to] = text.charCodeAt(unit) | (text.charCodeAt(unit + 1) << 16);
    i32[to + 1] = text.charCodeAt(unit + 2) | 0;
  }
  commit(recorder, at, slots);
}

/** Finds room for a record. @returns its double index, or -1, counted, when the frame is full. */
function place(recorder: Recorder, at: number, slotsNeeded: number): number {
  const { i32 } = recorder;
  const frame = at * 2;
  const slots = i32[frame + F_SIZE_WORD] & 0xffff;
  if (slots + slotsNeeded <= FRAME_MAX_SLOTS) return at + slots * SLOT_DOUBLES;
  const flags = i32[frame + F_FLAGS_WORD];
  if ((flags & FLAG_UNTRACED) === 0) {
    recorder.count('details_tick_limit');
    if (flags >>> DROPPED_SHIFT < DROPPED_MAX) i32[frame + F_FLAGS_WORD] = flags + (1 << DROPPED_SHIFT);
  }
  return -1;
}

/** Says that the frame's spans continue a remote one. */
export function appendParent(recorder: Recorder, at: number, parent: ParentContext): void {
  const { traceId, spanId, traceFlags, traceState } = parent;
  recorder.i32[at * 2 + F_FLAGS_WORD] |= FLAG_REMOTE_PARENT;
  const flags = traceFlags.toString(16).padStart(2, '0');
  appendText(recorder, at, KIND_PARENT, NO_NAME, 0, `${traceId}-${spanId}-${flags}`);
  if (traceState !== undefined) appendTraceState(recorder, at, traceState.serialize());
}

/** ASCII, packed: at its longest a tracestate takes 17 of a frame's 62 slots, as a text it would take 44. */
function appendTraceState(recorder: Recorder, at: number, text: string): void {
  const slots = 1 + Math.ceil(text.length / ASCII_PER_SLOT);
  const record = place(recorder, at, slots);
  if (record < 0) return;
  const { f64, i32 } = recorder;
  const word = record * 2;
  f64[record] = 0;
  f64[record + 1] = 0;
  i32[word + 4] = NO_NAME | (KIND_TRACE_STATE << KIND_SHIFT);
  i32[word + 5] = 0;
  i32[word + 6] = text.length << 16;
  i32[word + 7] = 0;
  let to = word + SLOT_DOUBLES * 2;
  for (let from = 0; from < text.length; from += 8, to += 2) {
    i32[to] = packed(text, from, 8);
    i32[to + 1] = packed(text, from + 4, 7);
  }
  commit(recorder, at, slots);
}

/** charCodeAt past the end is NaN, which the bit operations turn into 0. */
function packed(text: string, from: number, bits: number): number {
  let word = 0;
  for (let unit = 3; unit >= 0; unit--) word = (word << bits) | text.charCodeAt(from + unit);
  return word;
}

/** Once the record is whole: the worker may be reading the frame, and takes as many records as its size says. */
function commit({ i32 }: Recorder, at: number, slots: number): void {
  i32[at * 2 + F_SIZE_WORD] += slots;
}

/** The message of anything that can be thrown. Never throws, whatever a getter or proxy does. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    return String(error);
  } catch {
    return 'unreadable error';
  }
}
