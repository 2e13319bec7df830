/** The YAML configuration file: the `trace:` block, and of the `metrics:` block what is in effect. */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Node, YAMLMap } from 'yaml';
import { accept, type Check, flag, integer, reject } from './check.js';
import { type Claim, Claims } from './claims.js';
import type { Environment } from './environment-reader.js';
import { isKnownMetricsKey, METRICS_KEYS } from './file-metrics-keys.js';
import { expectedKey } from './nearest.js';
import { SETTINGS } from './settings.js';
import { show } from './show.js';
import { scalarValue, substitute } from './substitution.js';

const MAX_FILE_BYTES = 1_048_576;

export class FileClaims extends Claims {
  /** `trace.enabled` and `metrics.enabled` decide about the mode together with other sources. */
  traceEnabled: Claim<boolean> | undefined;
  metricsEnabled: Claim<boolean> | undefined;
}

/** @param from where the path itself was configured, for messages about a file that cannot be read. */
export function claimsFromFile(path: string, from: string, environment: Environment): FileClaims {
  const claims = new FileClaims();
  const read = readText(path);
  if (read.ok) new FileReader(path, environment, claims).read(read.value);
  else {
    claims.problems.push({
      setting: 'config',
      expected: read.expected,
      actual: `${show(path)}: ${read.actual}`,
      origin: from,
    });
  }
  return claims;
}

function readText(path: string): ReturnType<Check<string>> {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) return reject(`a file of at most ${MAX_FILE_BYTES} bytes`, `${size} bytes`);
    return accept(readFileSync(path, 'utf8'));
  } catch (error) {
    return reject('a readable file', String((error as NodeJS.ErrnoException).code ?? 'an error'));
  }
}

/** Only for a bot that has a file: the parser takes 2 to 4 MiB. */
function loadYaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml');
}

class FileReader {
  readonly #path: string;
  readonly #environment: Environment;
  readonly #claims: FileClaims;
  readonly #yaml = loadYaml();
  readonly #lines = new this.#yaml.LineCounter();

  constructor(path: string, environment: Environment, claims: FileClaims) {
    this.#path = path;
    this.#environment = environment;
    this.#claims = claims;
  }

  read(text: string): void {
    const document = this.#yaml.parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const broken = [...document.errors, ...document.warnings];
    for (const error of broken) {
      this.#problem('config', 'valid YAML', error.message, this.#originAt(error.pos[0]));
    }
    if (broken.length > 0 || document.contents === null) return;
    const resolve = (node: unknown): unknown => (this.#yaml.isAlias(node) ? node.resolve(document) : node);
    const blocks = this.#entries('', document.contents, resolve);
    for (const [name, { node, origin }] of blocks) {
      if (name === 'trace') this.#readTrace(this.#entries('trace', node, resolve));
      else if (name === 'metrics') this.#readMetrics(this.#entries('metrics', node, resolve), resolve);
      else this.#problem(name, expectedKey(name, ['trace', 'metrics']), show(name), origin);
    }
  }

  #readTrace(entries: Entries): void {
    const enabled = this.#take(entries, 'trace', 'enabled', flag);
    if (enabled) this.#claims.traceEnabled = enabled;
    const sampleRate = this.#take(entries, 'trace', 'sample_rate', SETTINGS.sampleRatio.check);
    if (sampleRate) this.#claims.set('sampleRatio', sampleRate.value, sampleRate.origin);
    const deadline = this.#take(entries, 'trace', 'deadline_ms', SETTINGS.deadlineMs.check);
    if (deadline) this.#claims.set('deadlineMs', deadline.value, deadline.origin);
    const golden = this.#take(entries, 'trace', 'export_golden', flag);
    const interval = this.#take(entries, 'trace', 'golden_trace_interval', integer(1, 2 ** 32 - 1));
    if (golden?.value === true) {
      const { value, origin } = interval ?? { value: DEFAULT_GOLDEN_INTERVAL, origin: golden.origin };
      this.#claims.set('goldenInterval', value, origin);
    } else if (golden) this.#claims.set('goldenInterval', 0, golden.origin);
    else if (interval) {
      this.#claims.warnings.push(
        `trace.golden_trace_interval: has no effect without export_golden: true (${interval.origin})`,
      );
    }
    this.#refuseOthers(entries, 'trace', TRACE_KEYS);
  }

  #readMetrics(entries: Entries, resolve: Resolve): void {
    const enabled = this.#take(entries, 'metrics', 'enabled', flag);
    if (enabled) this.#claims.metricsEnabled = enabled;
    for (const [key, { node, origin }] of entries) {
      if (!isKnownMetricsKey(key)) continue;
      const inner = METRICS_KEYS[key];
      if (inner === 'any') this.#notYet(`metrics.${key}`, origin);
      else {
        const children = this.#entries(`metrics.${key}`, node, resolve);
        for (const [child, at] of children) {
          if (inner.includes(child)) this.#notYet(`metrics.${key}.${child}`, at.origin);
        }
        this.#refuseOthers(children, `metrics.${key}`, inner);
      }
    }
    this.#refuseOthers(entries, 'metrics', ['enabled', ...Object.keys(METRICS_KEYS)]);
  }

  #notYet(setting: string, origin: string): void {
    this.#claims.warnings.push(`${setting}: not yet in effect (${origin})`);
  }

  /** The entries of a mapping by key; anything else is a problem and has none. */
  #entries(setting: string, node: unknown, resolve: Resolve): Entries {
    const entries: Entries = new Map();
    const resolved = resolve(node);
    if (!this.#yaml.isMap(resolved)) {
      const found = this.#yaml.isScalar(resolved) ? show(resolved.value) : 'a list';
      this.#problem(setting || 'config', 'a mapping', found, this.#originOf(resolved));
      return entries;
    }
    for (const { key, value } of (resolved as YAMLMap<Node, Node | null>).items) {
      const origin = this.#originOf(key);
      entries.set(this.#yaml.isScalar(key) ? String(key.value) : String(key), {
        node: resolve(value),
        origin,
      });
    }
    return entries;
  }

  #take<T>(entries: Entries, block: string, key: string, check: Check<T>): Claim<T> | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const { value, shown } = this.#value(entry.node);
    const checked = check(value);
    if (checked.ok) return { value: checked.value, origin: entry.origin };
    this.#problem(`${block}.${key}`, checked.expected, shown ?? checked.actual, entry.origin);
    return undefined;
  }

  #value(node: unknown): { value: unknown; shown?: string } {
    if (!this.#yaml.isScalar(node))
      return { value: undefined, shown: node === null ? 'nothing' : 'a list or mapping' };
    if (typeof node.value !== 'string') return { value: node.value };
    const { text, missing, changed } = substitute(node.value, this.#environment);
    if (missing.length > 0) {
      return { value: undefined, shown: `${show(node.value)} and no variable ${missing.join(', ')}` };
    }
    const value = node.type === 'PLAIN' ? scalarValue(text) : text;
    return changed ? { value, shown: `what ${show(node.value)} holds (not shown)` } : { value };
  }

  #refuseOthers(entries: Entries, block: string, known: readonly string[]): void {
    for (const [key, { origin }] of entries) {
      if (!known.includes(key)) this.#problem(`${block}.${key}`, expectedKey(key, known), show(key), origin);
    }
  }

  #problem(setting: string, expected: string, actual: string, origin: string): void {
    this.#claims.problems.push({ setting, expected, actual, origin });
  }

  #originOf(node: unknown): string {
    return this.#originAt((node as Node | null)?.range?.[0]);
  }

  #originAt(offset: number | undefined): string {
    const line = offset === undefined ? 0 : this.#lines.linePos(offset).line;
    return line > 0 ? `file ${this.#path}:${line}` : `file ${this.#path}`;
  }
}

const TRACE_KEYS = ['enabled', 'sample_rate', 'deadline_ms', 'export_golden', 'golden_trace_interval'];
const DEFAULT_GOLDEN_INTERVAL = 100;

type Entries = Map<string, { readonly node: unknown; readonly origin: string }>;
type Resolve = (node: unknown) => unknown;
