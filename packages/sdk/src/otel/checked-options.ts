import { type Check, type Checked, isPlainObject } from '../config/check.js';
import { expectedKey } from '../config/nearest.js';
import { type ConfigProblem, refuse } from '../config/problem.js';
import { show } from '../config/show.js';

/** A check for every option there is. */
export type OptionChecks<T> = { readonly [K in keyof T]-?: Check<T[K] & {}> };

/**
 * A copy of the options, without those that are undefined.
 * @param owner what the options belong to, as a message is to name it.
 * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every problem.
 */
export function checkedOptions<T extends object>(
  owner: string,
  options: unknown,
  checks: OptionChecks<T>,
): T {
  const problems: ConfigProblem[] = [];
  const checked: Partial<T> = {};
  if (!isPlainObject(options)) problems.push(problemOf(`${owner} options`, 'an object', show(options)));
  for (const [key, value] of Object.entries(isPlainObject(options) ? options : {})) {
    if (!isOption(key, checks)) {
      problems.push(problemOf(`${owner} ${key}`, expectedKey(key, Object.keys(checks)), show(key)));
    } else if (value !== undefined) {
      const result = checks[key](value);
      if (result.ok) checked[key] = result.value;
      else problems.push(problemOf(`${owner} ${key}`, result.expected, result.actual));
    }
  }
  refuse(problems);
  return checked as T;
}

/** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG` for a value that its check has refused. */
export function refuseUnless(setting: string, checked: Checked<unknown>): void {
  if (!checked.ok) refuse([problemOf(setting, checked.expected, checked.actual)]);
}

function problemOf(setting: string, expected: string, actual: string): ConfigProblem {
  return { setting, expected, actual, origin: 'code' };
}

function isOption<T extends object>(key: PropertyKey, checks: OptionChecks<T>): key is keyof T {
  return Object.hasOwn(checks, key);
}
