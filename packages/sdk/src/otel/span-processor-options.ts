import { accept, type Check, isPlainObject, reject } from '../config/check.js';
import { stageNames } from '../config/names.js';
import { expectedKey } from '../config/nearest.js';
import { type ConfigProblem, refuse } from '../config/problem.js';
import { show } from '../config/show.js';

export interface TickscopeSpanProcessorOptions {
  /**
   * Names of the spans that are stages, under the rules for `stages` of `register()`. Default: those that the scope
   * declares, else `fetch_md`, `spread`, `guards` and `emit`. Spans of other names are the bot's own affair and are
   * left alone.
   */
  readonly stages?: readonly string[];
  /** Attributes of the root that travel with a tick, at most 32. Default none: attributes may hold secrets. */
  readonly attributes?: readonly string[];
}

const MAX_ATTRIBUTES = 32;
const MAX_KEY_LENGTH = 256;

const attributeKeys: Check<readonly string[]> = (value) => {
  const expected = `an array of at most ${MAX_ATTRIBUTES} attribute names`;
  if (!Array.isArray(value) || value.length > MAX_ATTRIBUTES) return reject(expected, show(value));
  const seen = new Set<string>();
  for (const key of value as readonly unknown[]) {
    if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH) {
      return reject(`attribute names of 1 to ${MAX_KEY_LENGTH} characters`, show(key));
    }
    if (seen.has(key)) return reject('each attribute once', `${show(key)} twice`);
    seen.add(key);
  }
  return accept([...seen]);
};

const CHECKS: { readonly [K in keyof TickscopeSpanProcessorOptions]-?: Check<readonly string[]> } = {
  stages: stageNames,
  attributes: attributeKeys,
};

/** A copy of the options. @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every problem. */
export function checkedOptions(options: unknown): TickscopeSpanProcessorOptions {
  const problems: ConfigProblem[] = [];
  const problem = (setting: string, expected: string, actual: string) =>
    problems.push({ setting: `TickscopeSpanProcessor ${setting}`, expected, actual, origin: 'code' });
  const checked: { -readonly [K in keyof TickscopeSpanProcessorOptions]: TickscopeSpanProcessorOptions[K] } =
    {};
  if (!isPlainObject(options)) problem('options', 'an object', show(options));
  for (const [key, value] of Object.entries(isPlainObject(options) ? options : {})) {
    if (!isOption(key)) {
      problem(key, expectedKey(key, Object.keys(CHECKS)), show(key));
    } else if (value !== undefined) {
      const result = CHECKS[key](value);
      if (result.ok) checked[key] = result.value;
      else problem(key, result.expected, result.actual);
    }
  }
  refuse(problems);
  return checked;
}

function isOption(key: string): key is keyof TickscopeSpanProcessorOptions {
  return Object.hasOwn(CHECKS, key);
}
