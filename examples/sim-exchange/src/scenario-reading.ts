/**
 * Reads untrusted JSON field by field and adds every problem, with its path, to a list, instead of stopping
 * at the first. After a problem the value returned is a stand-in that must not be used.
 */
export interface Reading {
  has(key: string): boolean;
  string(key: string): string;
  number(key: string, min: number, max: number): number;
  integer(key: string, min: number, max: number): number;
  oneOf<const T extends string>(key: string, choices: readonly T[]): T;
  distinctStrings(key: string, minCount: number, maxCount: number): readonly string[];
  object(key: string): Reading;
  list(key: string): readonly Reading[];
  /** Reports the keys that nobody asked for. */
  complete<T>(value: T): T;
}

export function object(value: unknown, path: string, problems: string[]): Reading {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const report = (where: string, expectation: string, actual: unknown) => {
    const shown = actual === undefined ? 'nothing' : JSON.stringify(actual);
    problems.push(`${where}: expected ${expectation}, got ${shown}`);
  };
  if (!isObject) report(path, 'an object', value);
  const source: Record<string, unknown> = isObject ? { ...value } : {};
  const asked = new Set<string>();
  const at = (key: string) => `${path}.${key}`;
  const take = (key: string) => {
    asked.add(key);
    return source[key];
  };
  // What is no object has been reported once: its fields need no lines of their own.
  const expected = (key: string, what: string, actual: unknown) => {
    if (isObject) report(at(key), what, actual);
  };

  function number(key: string, min: number, max: number, kind: 'a number' | 'an integer'): number {
    const actual = take(key);
    const isRight =
      typeof actual === 'number' &&
      actual >= min &&
      actual <= max &&
      (kind === 'a number' || Number.isInteger(actual));
    if (!isRight) expected(key, `${kind} from ${min} to ${max}`, actual);
    return isRight ? actual : min;
  }

  return {
    has: (key) => key in source,
    string(key) {
      const actual = take(key);
      if (typeof actual !== 'string' || actual === '') expected(key, 'a non-empty string', actual);
      return String(actual);
    },
    number: (key, min, max) => number(key, min, max, 'a number'),
    integer: (key, min, max) => number(key, min, max, 'an integer'),
    oneOf(key, choices) {
      const actual = take(key);
      const found = choices.find((choice) => choice === actual);
      if (found === undefined) expected(key, `one of ${choices.join(', ')}`, actual);
      return found ?? choices[0];
    },
    distinctStrings(key, minCount, maxCount) {
      const actual = take(key);
      const isRight =
        Array.isArray(actual) &&
        actual.length >= minCount &&
        actual.length <= maxCount &&
        actual.every((item) => typeof item === 'string' && item !== '') &&
        new Set(actual).size === actual.length;
      if (!isRight) expected(key, `${minCount} to ${maxCount} distinct non-empty strings`, actual);
      return isRight ? (actual as string[]) : [];
    },
    object: (key) => object(take(key), at(key), isObject ? problems : []),
    list(key) {
      const actual = take(key);
      if (!Array.isArray(actual)) {
        expected(key, 'an array', actual);
        return [];
      }
      return actual.map((item, index) => object(item, `${at(key)}[${index}]`, problems));
    },
    complete(result) {
      for (const key of Object.keys(source)) {
        if (!asked.has(key)) {
          problems.push(`${at(key)}: unknown setting; known here: ${[...asked].sort().join(', ')}`);
        }
      }
      return result;
    },
  };
}
