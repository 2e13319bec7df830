import {
  SPAN_VALUE_ARRAY,
  SPAN_VALUE_BYTES,
  SPAN_VALUE_DOUBLE,
  SPAN_VALUE_FALSE,
  SPAN_VALUE_INT,
  SPAN_VALUE_LATIN1,
  SPAN_VALUE_MAP,
  SPAN_VALUE_NULL,
  SPAN_VALUE_SHIFT,
  SPAN_VALUE_TEXT_ID,
  SPAN_VALUE_TRUE,
  SPAN_VALUE_UTF16,
} from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import type { PlainValue } from './plain-value.js';
import { PlainMap } from './plain-value.js';
import type { SpanTime } from './span-data.js';
import type { SpanTexts } from './span-texts.js';

/** From this length on copying by the runtime costs less than a loop over units. */
const COPY_FROM_UNITS = 96;

/**
 * A cursor over the words of a frame. What would go beyond the end is not written, and neither is anything after
 * it, until the cursor is set back to before.
 */
export class SpanWords {
  readonly #i32: Int32Array;
  readonly #texts: SpanTexts;
  readonly #bytes: Buffer;
  readonly #scratch = new Float64Array(1);
  readonly #scratchWords = new Int32Array(this.#scratch.buffer);
  /** The index of the next word. */
  at = 0;
  #end = 0;
  isWithin = true;

  constructor(region: Region, texts: SpanTexts) {
    this.#i32 = region.i32;
    this.#texts = texts;
    this.#bytes = Buffer.from(region.buffer);
  }

  begin(at: number, end: number): void {
    this.at = at;
    this.#end = end;
    this.isWithin = true;
  }

  /** Allows so many more words. */
  extend(words: number): void {
    this.#end += words;
  }

  overflow(): void {
    this.isWithin = false;
  }

  backTo(at: number): void {
    this.at = at;
    this.isWithin = true;
  }

  /** Leaves a word to be patched. @returns its index. */
  skip(): number {
    const { at } = this;
    this.int(0);
    return at;
  }

  patch(at: number, word: number): void {
    if (at < this.#end) this.#i32[at] = word;
  }

  int(word: number): void {
    if (this.#take(1)) this.#i32[this.at++] = word;
  }

  double(value: number): void {
    if (!this.#take(2)) return;
    const i32 = this.#i32;
    this.#scratch[0] = value;
    i32[this.at] = this.#scratchWords[0];
    i32[this.at + 1] = this.#scratchWords[1];
    this.at += 2;
  }

  time(time: SpanTime): void {
    if (typeof time === 'number') return this.double(time);
    this.double(time[0]);
    this.int(time[1]);
  }

  /** 16 or 32 hex digits, 8 a word. */
  hex(digits: string): void {
    if (!this.#take(digits.length >> 3)) return;
    for (let digit = 0; digit < digits.length; digit += 8) {
      this.#i32[this.at++] = Number.parseInt(digits.slice(digit, digit + 8), 16);
    }
  }

  /** As an id where it can be. */
  name(text: string): void {
    const id = this.#texts.id(text);
    if (id === 0) this.text(text);
    else this.int(SPAN_VALUE_TEXT_ID | (id << SPAN_VALUE_SHIFT));
  }

  text(text: string): void {
    const units = text.length;
    // Of both forms the longer one.
    if (!this.#take(1 + ((units + 1) >> 1))) return;
    if (units >= COPY_FROM_UNITS) return this.#copyText(text);
    const i32 = this.#i32;
    const head = this.at++;
    let seen = 0;
    for (let unit = 0; unit < units; unit += 4) {
      // charCodeAt past the end is NaN, which the bit operations turn into 0.
      const first = text.charCodeAt(unit);
      const second = text.charCodeAt(unit + 1);
      const third = text.charCodeAt(unit + 2);
      const fourth = text.charCodeAt(unit + 3);
      seen |= first | second | third | fourth;
      i32[this.at++] = first | (second << 8) | (third << 16) | (fourth << 24);
    }
    if (seen < 256) {
      i32[head] = SPAN_VALUE_LATIN1 | (units << SPAN_VALUE_SHIFT);
      return;
    }
    i32[head] = SPAN_VALUE_UTF16 | (units << SPAN_VALUE_SHIFT);
    this.at = head + 1;
    for (let unit = 0; unit < units; unit += 2) {
      i32[this.at++] = text.charCodeAt(unit) | (text.charCodeAt(unit + 1) << 16);
    }
  }

  value(value: PlainValue): void {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.int(value ? SPAN_VALUE_TRUE : SPAN_VALUE_FALSE);
      default:
        if (value === null) this.int(SPAN_VALUE_NULL);
        else if (value instanceof Uint8Array) this.#binary(value);
        else if (value instanceof PlainMap) this.#map(value);
        else this.#array(value as readonly PlainValue[]);
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.int(SPAN_VALUE_INT);
      this.int(value);
    } else {
      this.int(SPAN_VALUE_DOUBLE);
      this.double(value);
    }
  }

  #array(values: readonly PlainValue[]): void {
    this.int(SPAN_VALUE_ARRAY | (values.length << SPAN_VALUE_SHIFT));
    for (const value of values) this.value(value);
  }

  #map({ keys, values }: PlainMap): void {
    this.int(SPAN_VALUE_MAP | (keys.length << SPAN_VALUE_SHIFT));
    for (let index = 0; index < keys.length; index++) {
      this.text(keys[index]);
      this.value(values[index]);
    }
  }

  #binary(bytes: Uint8Array): void {
    if (!this.#take(1 + ((bytes.length + 3) >> 2))) return;
    this.#i32[this.at++] = SPAN_VALUE_BYTES | (bytes.length << SPAN_VALUE_SHIFT);
    this.#bytes.set(bytes, this.at * 4);
    this.at += (bytes.length + 3) >> 2;
  }

  #copyText(text: string): void {
    this.#i32[this.at++] = SPAN_VALUE_UTF16 | (text.length << SPAN_VALUE_SHIFT);
    this.#bytes.write(text, this.at * 4, 'utf16le');
    this.at += (text.length + 1) >> 1;
  }

  #take(words: number): boolean {
    if (this.isWithin && this.at + words <= this.#end) return true;
    this.isWithin = false;
    return false;
  }
}
