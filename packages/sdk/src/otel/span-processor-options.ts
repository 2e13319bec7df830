import { accept, type Check, flag, reject } from '../config/check.js';
import { stageNames } from '../config/names.js';
import { show } from '../config/show.js';
import { checkedOptions, type OptionChecks } from './checked-options.js';

export interface TickscopeSpanProcessorOptions {
  /**
   * Names of the spans that are stages, under the rules for `stages` of `register()`. Default: those that the scope
   * declares, else `fetch_md`, `spread`, `guards` and `emit`.
   */
  readonly stages?: readonly string[];
  /** Attributes that are exported, of every span, at most 32 names; for what may hold secrets. Default all. */
  readonly attributes?: readonly string[];
  /**
   * Whether spans that are neither ticks nor stages are exported too. Default true; false for a provider that sends
   * them elsewhere by itself.
   */
  readonly otherSpans?: boolean;
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

const CHECKS: OptionChecks<TickscopeSpanProcessorOptions> = {
  stages: stageNames,
  attributes: attributeKeys,
  otherSpans: flag,
};

/** A copy of the options. @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every problem. */
export function checkedProcessorOptions(options: unknown): TickscopeSpanProcessorOptions {
  return checkedOptions('TickscopeSpanProcessor', options, CHECKS);
}
