/**
 * Definitions: what ids and cells mean. The writer appends, the reader reads from the start; an entry is
 * complete when the published length covers it, and nothing is ever changed or recycled.
 */
import {
  D_ENTRY_BYTES,
  H_DEFINITIONS_AT,
  H_DEFINITIONS_BYTES,
  H_SPAN_TEXTS_AT,
  H_SPAN_TEXTS_BYTES,
  W_DEFINITIONS_LENGTH,
  W_SPAN_TEXTS_LENGTH,
} from './layout.js';
import type { Region } from './region.js';

export interface Definition {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly text: string;
}

/** Where a section of definitions is told of: Int32 indexes of the region's header. */
interface DefinitionSection {
  readonly at: number;
  readonly bytes: number;
  readonly length: number;
}

const DEFINITIONS: DefinitionSection = {
  at: H_DEFINITIONS_AT,
  bytes: H_DEFINITIONS_BYTES,
  length: W_DEFINITIONS_LENGTH,
};

/** Texts of API spans: names, keys, scopes. */
export const SPAN_TEXTS: DefinitionSection = {
  at: H_SPAN_TEXTS_AT,
  bytes: H_SPAN_TEXTS_BYTES,
  length: W_SPAN_TEXTS_LENGTH,
};

/** Kept for overflow series, one for each metric. */
const RESERVE_BYTES = 4_096;

export class DefinitionWriter {
  readonly #i32: Int32Array;
  readonly #u16: Uint16Array;
  readonly #at: number;
  readonly #bytes: number;
  readonly #reserve: number;
  readonly #length: number;

  constructor(region: Region, section = DEFINITIONS) {
    this.#i32 = region.i32;
    this.#u16 = new Uint16Array(region.buffer);
    this.#at = region.i32[section.at];
    this.#bytes = region.i32[section.bytes];
    this.#length = section.length;
    this.#reserve = Math.min(RESERVE_BYTES, this.#bytes / 8);
  }

  /** Share of the section that is used, 0…1. */
  get fill(): number {
    return this.#i32[this.#length] / this.#bytes;
  }

  /**
   * @param isLastResort may use the last of the section: what is defined so that nothing goes nameless.
   * @returns false when the section is full.
   */
  append(kind: number, a: number, b: number, text: string, isLastResort = false): boolean {
    const length = this.#i32[this.#length];
    const end = length + entryBytes(text.length);
    const limit = isLastResort ? this.#bytes : this.#bytes - this.#reserve;
    if (end > limit) return false;
    const at = this.#at + length;
    const word = at / 4;
    this.#i32[word] = kind;
    this.#i32[word + 1] = a;
    this.#i32[word + 2] = b;
    this.#i32[word + 3] = text.length;
    const unit = (at + D_ENTRY_BYTES) / 2;
    for (let index = 0; index < text.length; index++) this.#u16[unit + index] = text.charCodeAt(index);
    Atomics.store(this.#i32, this.#length, end);
    return true;
  }
}

export class DefinitionReader {
  readonly #region: Region;
  readonly #u16: Uint16Array;
  readonly #section: DefinitionSection;
  #read = 0;

  constructor(region: Region, section = DEFINITIONS) {
    this.#region = region;
    this.#u16 = new Uint16Array(region.buffer);
    this.#section = section;
  }

  /** The entries that were published since the last call. */
  *fresh(): Generator<Definition> {
    const { i32 } = this.#region;
    const published = Atomics.load(i32, this.#section.length);
    while (this.#read < published) {
      const at = i32[this.#section.at] + this.#read;
      const word = at / 4;
      const length = i32[word + 3];
      const unit = (at + D_ENTRY_BYTES) / 2;
      let text = '';
      for (let index = 0; index < length; index++) text += String.fromCharCode(this.#u16[unit + index]);
      this.#read += entryBytes(length);
      yield { kind: i32[word], a: i32[word + 1], b: i32[word + 2], text };
    }
  }
}

function entryBytes(textUnits: number): number {
  return D_ENTRY_BYTES + Math.ceil(textUnits / 4) * 8;
}
