/** Names that become label values in metrics and names of spans: short, printable, few. */
import { METRICS } from '@tickscope/core/internal';
import { accept, type Check, isPlainObject, reject } from './check.js';
import { show } from './show.js';

const MAX_NAME_LENGTH = 64;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/;

/** `tick_total` is the root of every tick, `wait` the time between its cause and its begin. */
const RESERVED_STAGES = ['tick_total', 'wait'];

export const stageNames = names('stage', 64, RESERVED_STAGES);
export const guardReasonNames = names('guard reason', 256, []);
const NAME_RULE = `of 1 to ${MAX_NAME_LENGTH} letters, digits and _ . : / -`;

function names(kind: string, maximum: number, reserved: readonly string[]): Check<readonly string[]> {
  return (value) => {
    const expected = `an array of at most ${maximum} ${kind}s`;
    if (!Array.isArray(value) || value.length > maximum) return reject(expected, show(value));
    const seen = new Set<string>();
    for (const name of value as readonly unknown[]) {
      const wrong = typeof name === 'string' ? wrongName(name) : show(name);
      if (wrong !== undefined) return reject(`${kind}s ${NAME_RULE}`, wrong);
      if (reserved.includes(name as string)) {
        return reject(`${kind}s other than ${reserved.join(' and ')}, which are reserved`, show(name));
      }
      if (seen.has(name as string)) return reject(`each ${kind} once`, `${show(name)} twice`);
      seen.add(name as string);
    }
    return accept([...(value as readonly string[])]);
  };
}

function wrongName(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return `one of ${name.length} characters`;
  return NAME.test(name) ? undefined : show(name);
}

const MAX_CONSTANT_LABELS = 16;

/** Labels that series have already; a constant of the same name would overwrite them. */
const TAKEN_LABELS = new Set([
  ...Object.values(METRICS).flatMap((metric): readonly string[] => metric.labels),
  ...['le', 'quantile', 'loop', 'symbol', 'otel_metric_overflow', 'job', 'instance'],
]);

export const constantLabels: Check<Readonly<Record<string, string>>> = (value) => {
  const expected = `an object of at most ${MAX_CONSTANT_LABELS} label names and texts`;
  if (!isPlainObject(value)) return reject(expected, show(value));
  const entries = Object.entries(value);
  if (entries.length > MAX_CONSTANT_LABELS) return reject(expected, `${entries.length} labels`);
  for (const [name, content] of entries) {
    if (!/^(?!__)[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
      return reject('label names of letters, digits and _ that do not begin with a digit or __', show(name));
    }
    if (TAKEN_LABELS.has(name)) return reject('labels that no series has already', show(name));
    if (typeof content !== 'string' || content.length > 128) {
      return reject(`a text of at most 128 characters for ${name}`, show(content));
    }
  }
  return accept({ ...value } as Record<string, string>);
};
