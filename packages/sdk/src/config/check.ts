import { accessSync, constants, statSync } from 'node:fs';
import { show, showUrl } from './show.js';

/** What a check says of a value: the value in its right type, or what was wrong in words. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string; readonly actual: string };

export type Check<T> = (value: unknown) => Checked<T>;

export function accept<T>(value: T): Checked<T> {
  return { ok: true, value };
}

export function reject(expected: string, actual: string): Checked<never> {
  return { ok: false, expected, actual };
}

export const flag: Check<boolean> = (value) =>
  typeof value === 'boolean' ? accept(value) : reject('true or false', show(value));

/** For a group of settings that may be switched off as a whole. */
export const groupOrFalse: Check<boolean> = (value) =>
  value === false ? accept(false) : reject('false or an object', show(value));

export const groupOrFlag: Check<boolean> = (value) =>
  typeof value === 'boolean' ? accept(value) : reject('true, false or an object', show(value));

export function integer(minimum: number, maximum: number): Check<number> {
  const expected = `an integer from ${minimum} to ${maximum}`;
  return (value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? accept(value as number)
      : reject(expected, show(value));
}

export function powerOfTwo(minimum: number, maximum: number): Check<number> {
  const expected = `a power of two from ${minimum} to ${maximum}`;
  return (value) =>
    typeof value === 'number' &&
    value >= minimum &&
    value <= maximum &&
    Number.isInteger(value) &&
    (value & (value - 1)) === 0
      ? accept(value)
      : reject(expected, show(value));
}

/** Milliseconds above 0; whole ones are not required of a deadline. */
export const positiveMillis: Check<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
    ? accept(value)
    : reject('a number of milliseconds above 0', show(value));

/** Sampling thresholds have 32 bits, so a smaller share than 2^-32 would silently be none. */
export const ratio: Check<number> = (value) =>
  typeof value === 'number' && (value === 0 || value >= 2 ** -32) && value <= 1
    ? accept(value)
    : reject('a number from 0 to 1 (0, or at least 2^-32)', show(value));

export function oneOf<const T extends string>(...allowed: readonly T[]): Check<T> {
  const expected = `one of ${allowed.join(', ')}`;
  return (value) => (allowed.includes(value as T) ? accept(value as T) : reject(expected, show(value)));
}

export function text(maximumLength: number): Check<string> {
  const expected = `a non-empty text of at most ${maximumLength} characters`;
  return (value) =>
    typeof value === 'string' && value.trim() !== '' && value.length <= maximumLength
      ? accept(value)
      : reject(expected, show(value));
}

export const readableFile: Check<string> = (value) => {
  const expected = 'the path of a file that can be read';
  if (typeof value !== 'string') return reject(expected, show(value));
  try {
    accessSync(value, constants.R_OK);
    return statSync(value).isFile() ? accept(value) : reject(expected, show(value));
  } catch {
    return reject(expected, show(value));
  }
};

export const httpUrl: Check<string> = (value) => {
  const expected = 'an http:// or https:// URL';
  if (typeof value !== 'string') return reject(expected, show(value));
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && /^https?:\/\//i.test(value)
    ? accept(value)
    : reject(expected, showUrl(value));
};

/** The signal's path is appended to a base; one that has it already would end up with it twice. */
export const httpBaseUrl: Check<string> = (value) => {
  const checked = httpUrl(value);
  if (!checked.ok || !/\/v1\/(traces|metrics|logs)\/?$/.test(new URL(checked.value).pathname)) return checked;
  return reject('a base URL, to which /v1/traces is appended', showUrl(checked.value));
};

/** Header values are secrets: not even a wrong one is shown. */
export const headers: Check<Readonly<Record<string, string>>> = (value) => {
  if (!isPlainObject(value)) return reject('an object of header names and texts', show(value));
  for (const [name, content] of Object.entries(value)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name)) {
      return reject('header names as HTTP has them', show(name));
    }
    if (typeof content !== 'string') return reject(`a text for ${name}`, `a ${typeof content}`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(content)) {
      return reject(`a text for ${name} that HTTP can carry`, 'one with other characters (not shown)');
    }
  }
  return accept({ ...value } as Record<string, string>);
};

export const resourceAttributes: Check<Readonly<Record<string, string | number | boolean>>> = (value) => {
  if (!isPlainObject(value)) return reject('an object of attribute names and values', show(value));
  for (const [name, content] of Object.entries(value)) {
    if (name === '' || name.length > 256) return reject('attribute names of 1 to 256 characters', show(name));
    if (name.startsWith('telemetry.sdk.')) {
      return reject("no attributes under telemetry.sdk, which are Tickscope's own", show(name));
    }
    const right = typeof content === 'string' || typeof content === 'boolean' || Number.isFinite(content);
    if (!right) return reject(`a text, finite number or boolean for ${name}`, show(content));
  }
  return accept({ ...value } as Record<string, string | number | boolean>);
};

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
