import type { DefinitionWriter } from '../memory/definitions.js';
import { D_NAME } from '../memory/layout.js';

/** Id of an absent name. */
export const NO_NAME = 0;
/** Stands for every name that came after the table was full. */
export const OTHER_NAME = 1;
const FIRST_NAME = 2;
const MAX_NAMES = 0xffff;
/** Longer names are cut: they become label values and span names. */
const MAX_NAME_UNITS = 128;
const OTHER_TEXT = 'other';
const MAX_VALUE_UNITS = 64;
const MAX_VALUES = 4096;

/**
 * What a name that a bot gave is recorded as. It may be anything at run time: what is no string is `other`;
 * NUL, which separates names in shared memory, is replaced.
 */
export function nameText(name: unknown): string {
  if (typeof name !== 'string') return OTHER_TEXT;
  // Joined from its units: a slice would keep the whole string in memory.
  const text = name.length > MAX_NAME_UNITS ? name.slice(0, MAX_NAME_UNITS).split('').join('') : name;
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}

interface SymbolName {
  readonly name: string | undefined;
  readonly id: number;
  /** The symbol that came after this one the last time. */
  next: SymbolName;
}

/** Interned strings: names for ever, attribute values while there is room for names. */
export class NameTable {
  readonly #ids = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #definitions: DefinitionWriter;
  readonly #onOverflow: () => void;
  #next = FIRST_NAME;
  readonly #symbols = new Map<string, SymbolName>();
  #lastSymbol: SymbolName;

  constructor(definitions: DefinitionWriter, onOverflow: () => void) {
    this.#definitions = definitions;
    this.#onOverflow = onOverflow;
    const none = { name: undefined, id: NO_NAME } as SymbolName;
    none.next = none;
    this.#lastSymbol = none;
    definitions.append(D_NAME, OTHER_NAME, 0, OTHER_TEXT);
  }

  /** The id of a name; `OTHER_NAME`, counted, when the table is full. */
  id(name: string): number {
    return this.#ids.get(name) ?? this.#defineName(name);
  }

  /** The id of two names that travel as one, each as `nameText` gives it. */
  pairId(first: string, second: string): number {
    const pair = `${first}\0${second}`;
    return this.#ids.get(pair) ?? this.#define(this.#ids, pair);
  }

  /**
   * As `id`. A bot ticks on few symbols, on one for a while or on all of them in turn: comparing with the last one
   * and with the one that came after it the last time costs less than looking up.
   */
  symbolId(symbol: string): number {
    let entry = this.#lastSymbol;
    if (entry.name !== symbol) {
      entry = entry.next.name === symbol ? entry.next : this.#lookUpSymbol(symbol);
      this.#lastSymbol = entry;
    }
    return entry.id;
  }

  /** The id of an attribute value, or `NO_NAME` when it is to travel as text. */
  valueId(value: string): number {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    if (value.length > MAX_VALUE_UNITS || this.#values.size >= MAX_VALUES || this.#definitions.fill > 0.5) {
      return NO_NAME;
    }
    return this.#define(this.#values, value);
  }

  #lookUpSymbol(symbol: string): SymbolName {
    let entry = this.#symbols.get(symbol);
    if (entry === undefined) {
      entry = { name: symbol, id: this.id(symbol) } as SymbolName;
      entry.next = entry;
      // What is none of the table's names may be anything, and any number of things.
      if (entry.id !== OTHER_NAME) this.#symbols.set(symbol, entry);
    }
    this.#lastSymbol.next = entry;
    return entry;
  }

  #defineName(name: unknown): number {
    if (typeof name === 'string') {
      const text = nameText(name);
      return this.#ids.get(text) ?? this.#define(this.#ids, text);
    }
    this.#onOverflow();
    return OTHER_NAME;
  }

  #define(table: Map<string, number>, text: string): number {
    const isFull = this.#next > MAX_NAMES;
    if (isFull || !this.#definitions.append(D_NAME, this.#next, 0, text)) {
      this.#onOverflow();
      return OTHER_NAME;
    }
    table.set(text, this.#next);
    return this.#next++;
  }
}
