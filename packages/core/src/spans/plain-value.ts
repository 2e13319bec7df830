/**
 * Attribute values as they are recorded: copies that nobody else can change, of the kinds that OpenTelemetry
 * has (API 1.10's maps, bytes and mixed arrays included), within bounds.
 */
import { MAX_NAME_UNITS, MAX_TEXT_UNITS, MAX_VALUE_DEPTH, MAX_VALUE_NODES } from './span-limits.js';

export type PlainValue = string | number | boolean | null | Uint8Array | PlainArray | PlainMap;
export type PlainArray = readonly PlainValue[];

/** Two lists instead of an object: any text is a key, `__proto__` too. */
export class PlainMap {
  readonly keys: string[] = [];
  readonly values: PlainValue[] = [];
}

/** What can be counted of a value's conversion. */
export interface ValueLosses {
  /** A text, or bytes, was cut. */
  truncated(): void;
  /** An element or entry was left out. */
  omitted(): void;
}

/**
 * @returns undefined for what is no attribute value: undefined itself, functions, symbols, bigints, objects of
 * a class, cycles, whatever throws when it is looked at. Runs the bot's getters and proxies.
 */
export function plainValue(value: unknown, maxUnits: number, losses: ValueLosses): PlainValue | undefined {
  switch (typeof value) {
    case 'string':
      return cut(value, maxUnits, losses);
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      try {
        return new Conversion(maxUnits, losses).convert(value, 0);
      } catch {
        return undefined;
      }
    default:
      return undefined;
  }
}

/** A text within both limits, well cut: not within a pair of surrogates. */
export function cut(text: string, maxUnits: number, losses: ValueLosses): string {
  const limit = Math.min(maxUnits, MAX_TEXT_UNITS);
  if (text.length <= limit) return text;
  losses.truncated();
  const isWithinPair = limit > 0 && (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isWithinPair ? limit - 1 : limit);
}

/** Thrown and caught here: one bad element makes the whole value invalid, as in OpenTelemetry JS. */
class InvalidValue extends Error {}

class Conversion {
  readonly #maxUnits: number;
  readonly #losses: ValueLosses;
  readonly #ancestors: object[] = [];
  #nodes = 0;

  constructor(maxUnits: number, losses: ValueLosses) {
    this.#maxUnits = maxUnits;
    this.#losses = losses;
  }

  convert(value: unknown, depth: number): PlainValue {
    switch (typeof value) {
      case 'string':
        return cut(value, this.#maxUnits, this.#losses);
      case 'number':
      case 'boolean':
        return value;
      // A hole in an array is an empty value.
      case 'undefined':
        return null;
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        throw new InvalidValue();
    }
  }

  #object(value: object, depth: number): PlainValue {
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (depth >= MAX_VALUE_DEPTH || this.#ancestors.includes(value)) throw new InvalidValue();
    this.#ancestors.push(value);
    const plain = Array.isArray(value) ? this.#array(value, depth) : this.#map(value, depth);
    this.#ancestors.pop();
    return plain;
  }

  #bytes(value: Uint8Array): Uint8Array {
    const limit = Math.min(value.length, this.#maxUnits, MAX_TEXT_UNITS);
    if (limit < value.length) this.#losses.truncated();
    const copy = new Uint8Array(limit);
    for (let index = 0; index < limit; index++) copy[index] = value[index];
    return copy;
  }

  #array(value: readonly unknown[], depth: number): PlainArray {
    const plain: PlainValue[] = [];
    for (let index = 0; index < value.length; index++) {
      if (!this.#takeNode()) return plain;
      plain.push(this.convert(value[index], depth + 1));
    }
    return plain;
  }

  #map(value: object, depth: number): PlainMap {
    // Of any realm; an object of a class is no attribute value.
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new InvalidValue();
    const plain = new PlainMap();
    for (const key of Object.keys(value)) {
      const entry: unknown = (value as Record<string, unknown>)[key];
      if (entry === undefined) continue;
      if (!this.#takeNode()) return plain;
      plain.values.push(this.convert(entry, depth + 1));
      plain.keys.push(cut(key, MAX_NAME_UNITS, this.#losses));
    }
    return plain;
  }

  #takeNode(): boolean {
    if (this.#nodes++ < MAX_VALUE_NODES) return true;
    this.#losses.omitted();
    return false;
  }
}
