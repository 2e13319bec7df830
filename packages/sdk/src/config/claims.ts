import type { ConfigProblem } from './problem.js';
import { SETTINGS, type SettingPath, type SettingValue } from './settings.js';

/** A value that a source gives to a setting, already checked. */
export interface Claim<T = unknown> {
  readonly value: T;
  readonly origin: string;
}

/** What one source (code, environment, file) says. */
export class Claims {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: string[] = [];
  readonly #claims = new Map<SettingPath, Claim>();

  get<P extends SettingPath>(path: P): Claim<NonNullable<SettingValue<P>>> | undefined {
    return this.#claims.get(path) as Claim<NonNullable<SettingValue<P>>> | undefined;
  }

  paths(): Iterable<SettingPath> {
    return this.#claims.keys();
  }

  set<P extends SettingPath>(path: P, value: NonNullable<SettingValue<P>>, origin: string): void {
    this.#claims.set(path, { value, origin });
  }

  /** Checks first: a wrong value is a problem, called as its source calls it, and claims nothing. */
  setChecked(path: SettingPath, value: unknown, origin: string, calledAs: string = path): void {
    const checked = SETTINGS[path].check(value);
    if (checked.ok) this.#claims.set(path, { value: checked.value, origin });
    else
      this.problems.push({ setting: calledAs, expected: checked.expected, actual: checked.actual, origin });
  }
}
