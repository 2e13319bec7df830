import { isPlainObject } from './check.js';
import { Claims } from './claims.js';
import { expectedKey } from './nearest.js';
import { isSettingPath, SETTINGS } from './settings.js';
import { show } from './show.js';

const ORIGIN = 'code';

/** Key names by the path of their group: `''` is the top, `otlp.traces` a group within a group. */
const KEYS = keysByGroup(Object.keys(SETTINGS));

/** What the options of `register()` say. An option that is `undefined` says nothing. */
export function claimsFromCode(options: unknown): Claims {
  const claims = new Claims();
  if (options === undefined) return claims;
  if (isPlainObject(options)) readGroup(claims, '', options);
  else {
    claims.problems.push({
      setting: 'options',
      expected: 'an object',
      actual: show(options),
      origin: ORIGIN,
    });
  }
  return claims;
}

function readGroup(claims: Claims, group: string, values: Record<string, unknown>): void {
  const known = KEYS.get(group) ?? [];
  for (const [key, value] of Object.entries(values)) {
    const path = group === '' ? key : `${group}.${key}`;
    if (!known.includes(key)) {
      claims.problems.push({
        setting: path,
        expected: expectedKey(key, known),
        actual: show(key),
        origin: ORIGIN,
      });
    } else if (value !== undefined) readValue(claims, path, value);
  }
}

function readValue(claims: Claims, path: string, value: unknown): void {
  if (KEYS.has(path) && isPlainObject(value)) {
    // Settings for a group that can be switched off say that it is on.
    if (path === 'prometheus' || path === 'otlp' || path === 'otlp.traces' || path === 'otlp.metrics') {
      claims.set(path, true, ORIGIN);
    }
    readGroup(claims, path, value);
  } else if (isSettingPath(path)) claims.setChecked(path, value, ORIGIN);
  else claims.problems.push({ setting: path, expected: 'an object', actual: show(value), origin: ORIGIN });
}

function keysByGroup(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const segments = path.split('.');
    for (let depth = 0; depth < segments.length; depth++) {
      const group = segments.slice(0, depth).join('.');
      const keys = groups.get(group) ?? [];
      if (!keys.includes(segments[depth])) keys.push(segments[depth]);
      groups.set(group, keys);
    }
  }
  return groups;
}
