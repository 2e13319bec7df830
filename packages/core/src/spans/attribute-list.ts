import { cut, type PlainValue, plainValue, type ValueLosses } from './plain-value.js';
import { MAX_NAME_UNITS } from './span-limits.js';

export interface AttributeLosses extends ValueLosses {
  /** A key or value that cannot be recorded. */
  ignored(): void;
}

/** Beyond so many a key is looked up in an index instead of compared with each. */
const INDEX_FROM = 16;

/**
 * The attributes of a span, event or link in the order in which they came; a key that comes again replaces.
 * Lists, because a span has few, and comparing those costs less than making a Map.
 */
export class AttributeList {
  readonly keys: string[] = [];
  readonly values: PlainValue[] = [];
  /** Left out by the limit. */
  dropped = 0;
  #index: Map<string, number> | undefined = undefined;

  /** Never throws, whatever key and value are. */
  set(key: unknown, value: unknown, maxCount: number, maxUnits: number, losses: AttributeLosses): void {
    if (value === undefined) return;
    if (typeof key !== 'string' || key === '') return losses.ignored();
    const name = key.length > MAX_NAME_UNITS ? cut(key, MAX_NAME_UNITS, losses) : key;
    const known = this.#indexOf(name);
    if (known < 0 && this.keys.length >= maxCount) {
      this.dropped++;
      losses.omitted();
      return;
    }
    const plain = plainValue(value, maxUnits, losses);
    if (plain === undefined) return losses.ignored();
    if (known >= 0) {
      this.values[known] = plain;
      return;
    }
    this.#index?.set(name, this.keys.length);
    this.keys.push(name);
    this.values.push(plain);
  }

  /** The own enumerable properties of an object; of anything else, nothing. Never throws. */
  setAll(attributes: unknown, maxCount: number, maxUnits: number, losses: AttributeLosses): void {
    if (attributes === undefined || attributes === null) return;
    if (typeof attributes !== 'object') return losses.ignored();
    try {
      for (const key of Object.keys(attributes)) {
        this.set(key, (attributes as Record<string, unknown>)[key], maxCount, maxUnits, losses);
      }
    } catch {
      losses.ignored();
    }
  }

  #indexOf(key: string): number {
    const { keys } = this;
    if (keys.length < INDEX_FROM) {
      for (let index = 0; index < keys.length; index++) if (keys[index] === key) return index;
      return -1;
    }
    this.#index ??= new Map(keys.map((known, index) => [known, index]));
    return this.#index.get(key) ?? -1;
  }
}
