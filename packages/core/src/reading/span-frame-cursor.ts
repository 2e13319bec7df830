import {
  SPAN_VALUE_ARRAY,
  SPAN_VALUE_BYTES,
  SPAN_VALUE_DOUBLE,
  SPAN_VALUE_FALSE,
  SPAN_VALUE_INT,
  SPAN_VALUE_LATIN1,
  SPAN_VALUE_MAP,
  SPAN_VALUE_SHIFT,
  SPAN_VALUE_TEXT_ID,
  SPAN_VALUE_TRUE,
  SPAN_VALUE_UTF16,
} from '../memory/layout.js';
import type { ApiAttributes, ApiSpanTime, ApiValue } from '../records.js';

const TAG_MASK = (1 << SPAN_VALUE_SHIFT) - 1;

/** Reads the words of a span's frame one after the other. */
export class SpanFrameCursor {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #texts: readonly string[];
  readonly #scratch = new Float64Array(1);
  readonly #scratchWords = new Int32Array(this.#scratch.buffer);
  #at: number;

  /** @param texts interned ones by id. */
  constructor(words: Int32Array, texts: readonly string[], at: number) {
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    this.#texts = texts;
    this.#at = at;
  }

  int(): number {
    return this.#words[this.#at++];
  }

  double(): number {
    this.#scratchWords[0] = this.int();
    this.#scratchWords[1] = this.int();
    return this.#scratch[0];
  }

  time(isAbsolute: boolean): ApiSpanTime {
    const first = this.double();
    return isAbsolute ? [first, this.int()] : first;
  }

  hex(words: number): string {
    let digits = '';
    for (let word = 0; word < words; word++) digits += (this.int() >>> 0).toString(16).padStart(8, '0');
    return digits;
  }

  text(): string {
    return String(this.value());
  }

  attributes(): ApiAttributes {
    const attributes: Record<string, ApiValue> = {};
    for (let count = this.int(); count > 0; count--) {
      const key = this.text();
      setOwn(attributes, key, this.value());
    }
    return attributes;
  }

  value(): ApiValue {
    const head = this.int();
    const length = head >>> SPAN_VALUE_SHIFT;
    switch (head & TAG_MASK) {
      case SPAN_VALUE_FALSE:
        return false;
      case SPAN_VALUE_TRUE:
        return true;
      case SPAN_VALUE_INT:
        return this.int();
      case SPAN_VALUE_DOUBLE:
        return this.double();
      case SPAN_VALUE_LATIN1:
        return this.#take(length).toString('latin1');
      case SPAN_VALUE_UTF16:
        // A lone surrogate has no encoding in UTF-8: a backend would refuse the batch or the span.
        return this.#take(length * 2)
          .toString('utf16le')
          .toWellFormed();
      case SPAN_VALUE_BYTES:
        return new Uint8Array(this.#take(length));
      case SPAN_VALUE_ARRAY:
        return Array.from({ length }, () => this.value());
      case SPAN_VALUE_MAP: {
        const map: Record<string, ApiValue> = {};
        for (let entry = 0; entry < length; entry++) {
          const key = this.text();
          setOwn(map, key, this.value());
        }
        return map;
      }
      case SPAN_VALUE_TEXT_ID:
        return this.#texts[length] ?? '';
      default:
        return null;
    }
  }

  #take(bytes: number): Buffer {
    const from = this.#at * 4;
    this.#at += (bytes + 3) >> 2;
    return this.#bytes.subarray(from, from + bytes);
  }
}

/** Assigning to `__proto__` would set no property. */
function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}
