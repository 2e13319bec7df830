import { Claims } from './claims.js';
import { SETTINGS, type SettingPath } from './settings.js';
import { show } from './show.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables by the rules of OpenTelemetry's specification: an empty one counts as not set, and one that
 * cannot be understood is warned about and ignored.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export class EnvironmentReader {
  readonly claims = new Claims();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string): string | undefined {
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** Undefined too when the text is no number, which is then listed. */
  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = parseNumber(value);
    if (number === undefined) this.ignore(name, 'a number', show(value));
    return number;
  }

  /** Milliseconds up to `longest`, which also stands for 0: to the specification that is no limit, and there is one. */
  timeout(name: string, longest: number): number | undefined {
    const millis = this.number(name);
    if (millis !== 0) return millis;
    this.warn(name, `0, no limit, is taken as ${longest}`);
    return longest;
  }

  /** One of several words, whose case does not matter. */
  word<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = words.find((word) => word === value.toLowerCase());
    if (found === undefined) this.ignore(name, `one of ${words.join(', ')}`, show(value));
    return found;
  }

  /** Those of a list's words that are known, in lower case and each once; the others are listed. */
  list<const T extends string>(name: string, words: readonly T[]): readonly T[] {
    const named = (this.text(name) ?? '')
      .split(',')
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== '');
    for (const other of new Set(named)) {
      if (!words.includes(other as T)) this.ignore(name, words.join(', '), show(other));
    }
    return words.filter((word) => named.includes(word));
  }

  /** Takes a value that passes the setting's check; lists any other. */
  claim(path: SettingPath, name: string, value: unknown): void {
    if (value === undefined) return;
    const checked = SETTINGS[path].check(value);
    if (checked.ok) this.claims.setChecked(path, value, origin(name));
    else this.ignore(name, checked.expected, checked.actual);
  }

  ignore(name: string, expected: string, actual: string): void {
    this.warn(name, `expected ${expected}, got ${actual}; ignored`);
  }

  warn(name: string, text: string): void {
    this.claims.warnings.push(`${name}: ${text}`);
  }
}

export function origin(name: string): string {
  return `environment ${name}`;
}

export function parseNumber(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
