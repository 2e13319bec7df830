/**
 * The `tracestate` of W3C Trace Context: vendors' entries, the latest first.
 * https://www.w3.org/TR/trace-context-2/#tracestate-header
 */
import type { TraceStateEntries } from './api.js';

const MAX_MEMBERS = 32;
/** What a tracestate carries on. The specification asks for at least as much. */
export const MAX_TRACE_STATE_LENGTH = 512;
/** Entries longer than this go first where there is too much. */
const LARGE_ENTRY_LENGTH = 128;

const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
/** Printable ASCII but comma and equals sign; not ending in a space. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

type Entry = readonly [key: string, value: string];

/**
 * Immutable, of at most 32 entries and 512 characters. What does not fit is left out entry by entry, as the
 * specification has it: first those of more than 128 characters, then the rightmost, which are the oldest.
 */
export class TraceState implements TraceStateEntries {
  static readonly EMPTY = new TraceState([]);
  readonly #entries: readonly Entry[];
  readonly #text: string;

  private constructor(entries: readonly Entry[]) {
    this.#entries = withinLength(entries);
    this.#text = this.#entries.map(([key, value]) => `${key}=${value}`).join(',');
  }

  /**
   * @returns undefined for a text that is no tracestate (one bad entry, or more than 32, and all of it is
   * discarded) or has no entries. Of two entries with one key the first, which is the later one, stays.
   */
  static parse(text: string): TraceState | undefined {
    const entries = new Map<string, string>();
    let members = 0;
    for (const part of text.split(',')) {
      const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
      if (member === '') continue;
      const separator = member.indexOf('=');
      const key = member.slice(0, separator);
      const value = member.slice(separator + 1);
      if (++members > MAX_MEMBERS || separator < 0 || !KEY.test(key) || !VALUE.test(value)) return undefined;
      if (!entries.has(key)) entries.set(key, value);
    }
    return entries.size === 0 ? undefined : new TraceState([...entries]);
  }

  /** Of anything that can be serialised; undefined where that fails. Never throws. */
  static from(given: unknown): TraceState | undefined {
    try {
      if (given instanceof TraceState) return given;
      const text = (given as TraceStateEntries).serialize();
      return typeof text === 'string' ? TraceState.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  get(key: string): string | undefined {
    return this.#entries.find(([name]) => name === key)?.[1];
  }

  /** With this entry, which is then the first. An invalid one changes nothing. */
  set(key: string, value: string): TraceState {
    if (!KEY.test(key) || !VALUE.test(value)) return this;
    const others = this.#entries.filter(([name]) => name !== key);
    return new TraceState([[key, value] as const, ...others].slice(0, MAX_MEMBERS));
  }

  unset(key: string): TraceState {
    return new TraceState(this.#entries.filter(([name]) => name !== key));
  }

  serialize(): string {
    return this.#text;
  }
}

function withinLength(entries: readonly Entry[]): readonly Entry[] {
  const kept = [...entries];
  let length = kept.reduce((sum, entry) => sum + lengthOf(entry) + 1, -1);
  while (length > MAX_TRACE_STATE_LENGTH) {
    const large = kept.findLastIndex((entry) => lengthOf(entry) > LARGE_ENTRY_LENGTH);
    const [dropped] = kept.splice(large, 1);
    length -= lengthOf(dropped) + 1;
  }
  return kept;
}

function lengthOf([key, value]: Entry): number {
  return key.length + 1 + value.length;
}
