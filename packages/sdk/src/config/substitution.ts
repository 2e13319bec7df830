/**
 * `${NAME}` in the scalars of the configuration file, by the rules of OpenTelemetry's file format: `${env:NAME}`
 * is the same, `${NAME:-default}` has a default, `$$` is a dollar sign, and what comes out is never parsed as
 * structure, so that a variable cannot add keys.
 */
import type { Environment } from './environment-reader.js';
import { parseNumber } from './environment-reader.js';

export interface Substituted {
  readonly text: string;
  /** Variables without a value and without a default. */
  readonly missing: readonly string[];
  /** Whether anything was substituted: such a value may be a secret. */
  readonly changed: boolean;
}

const REFERENCE = /\$\$|\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

export function substitute(text: string, environment: Environment): Substituted {
  const missing: string[] = [];
  let changed = false;
  const result = text.replace(REFERENCE, (match, name: string | undefined, fallback: string | undefined) => {
    if (match === '$$') return '$';
    changed = true;
    const value = environment[name as string];
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined) missing.push(name as string);
    return fallback ?? '';
  });
  return { text: result, missing, changed };
}

/** The value of an unquoted scalar, as YAML 1.2's core schema has it. */
export function scalarValue(text: string): string | number | boolean | null {
  const trimmed = text.trim();
  if (/^(~|null|Null|NULL)?$/.test(trimmed)) return null;
  if (/^(true|True|TRUE)$/.test(trimmed)) return true;
  if (/^(false|False|FALSE)$/.test(trimmed)) return false;
  return parseNumber(trimmed) ?? trimmed;
}
