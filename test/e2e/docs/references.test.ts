/** What the pages point to exists, and what the code names is on its page. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { REQUEST_OUTCOMES, TICK_OUTCOMES } from '@tickscope/core';
import { METRICS, TALLIES } from '@tickscope/core/internal';
import { KEEP_REASONS } from '@tickscope/pipeline/protocol';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pagePaths, prose, ROOT, readPage } from './markdown.js';

const paths = await pagePaths();

describe.each(paths)('%s', (path) => {
  test('has no dead link', async () => {
    const page = prose(await readPage(path));
    const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
    const dead: string[] = [];
    for (const target of targets.filter((target) => !/^https?:/.test(target))) {
      const url = new URL(target, new URL(path, ROOT));
      if (!existsSync(url)) dead.push(target);
      else if (url.hash !== '' && !(await anchorsOf(url)).includes(url.hash.slice(1))) dead.push(target);
    }
    expect(dead).toEqual([]);
  });

  test('names metrics that exist', async () => {
    const names = (await readPage(path)).match(/\b(mm|tickscope|otel_sdk|database)_[a-z_]*[a-z]\b/g) ?? [];
    const known = new Set<string>(Object.values(METRICS).flatMap(exposedNames));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});

test('docs/errors.md explains every error code', async () => {
  const codes = (await readPage('packages/core/src/errors.ts')).match(/TICKSCOPE_[A-Z_]+/g) ?? [];
  expect(codes.length).toBeGreaterThan(0);
  expect(await missingFrom('docs/errors.md', codes)).toEqual([]);
});

test('docs/configuration.md explains every environment variable that is read', async () => {
  const folder = new URL('packages/sdk/src/config/', ROOT);
  const files = (await readdir(folder)).filter((name) => /^env.*(?<!\.test)\.ts$/.test(name));
  const sources = await Promise.all(files.map((name) => readPage(`packages/sdk/src/config/${name}`)));
  const literals = sources.flatMap(
    (source) =>
      source.match(/(?<=')(OTEL|TICKSCOPE|METRICS|LATENCY|PROMETHEUS|SLACK|WINDOW)_[A-Z_]+(?=')/g) ?? [],
  );
  const suffixes = sources.flatMap((source) => source.match(/(?<=`\$\{prefix\})_[A-Z_]+(?=`)/g) ?? []);
  // The general variable and its two per-signal forms are prefixes, to which the code appends.
  const isPrefix = (name: string) =>
    suffixes.length > 0 && /^OTEL_EXPORTER_OTLP(_TRACES|_METRICS)?$/.test(name);
  const names = literals.flatMap((name) =>
    isPrefix(name) ? suffixes.map((suffix) => name + suffix) : [name],
  );
  expect(names.length).toBeGreaterThan(20);
  expect(await missingFrom('docs/configuration.md', names)).toEqual([]);
});

test('docs/metrics.md explains every label value of a closed set', async () => {
  const values = [...TICK_OUTCOMES, ...REQUEST_OUTCOMES, ...KEEP_REASONS, ...anomalyKinds()];
  expect(await missingFrom('docs/metrics.md', values)).toEqual([]);
});

test('docs/guide.md explains every attribute of ours on a span', async () => {
  const source = await readPage('packages/pipeline/src/export/traces/span-attributes.ts');
  const attributes = source.match(/(?<=')tickscope\.[a-z_]+(?=')/g) ?? [];
  expect(attributes.length).toBeGreaterThan(0);
  expect(await missingFrom('docs/guide.md', attributes)).toEqual([]);
});

test('the decision about dependencies gives a reason for each', async () => {
  const { catalog } = parse(await readPage('pnpm-workspace.yaml')) as { catalog: Record<string, string> };
  expect(await missingFrom('docs/decisions/0011-dependencies.md', Object.keys(catalog))).toEqual([]);
});

test('the commands of the README are scripts of this repository', async () => {
  const { scripts, packageManager } = JSON.parse(await readPage('package.json')) as {
    scripts: Record<string, string>;
    packageManager: string;
  };
  const commands = [...(await readPage('README.md')).matchAll(/npx -y (\S+) (\w+)/g)];
  expect(commands.length).toBeGreaterThan(1);
  for (const [, manager, script] of commands) {
    expect(manager).toBe(packageManager);
    expect(Object.keys(scripts)).toContain(script);
  }
});

test('every page that a source file refers to exists', async () => {
  const files = (await readdir(ROOT, { recursive: true })).filter(
    (path) =>
      /^(packages|examples|test|docker)\/.*\.(ts|mjs|yaml)$/.test(path) && !path.includes('node_modules'),
  );
  const dead: string[] = [];
  for (const file of files.filter((path) => !/\/dist\//.test(path))) {
    for (const [page] of (await readPage(file)).matchAll(/\bdocs\/[\w/-]+\.md\b/g)) {
      if (!existsSync(new URL(page, ROOT))) dead.push(`${file}: ${page}`);
    }
  }
  expect(dead).toEqual([]);
});

function exposedNames({ name, type }: { readonly name: string; readonly type: string }): string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
}

/** Those of the recorder's tallies that are no losses of spans, which the ledger counts. */
function anomalyKinds(): string[] {
  return TALLIES.filter((tally) => !/^(api_)?spans_/.test(tally));
}

async function missingFrom(path: string, words: readonly string[]): Promise<string[]> {
  const page = await readPage(path);
  return [...new Set(words)].filter((word) => !page.includes(`\`${word}\``));
}

async function anchorsOf(url: URL): Promise<string[]> {
  const page = prose(await readPage(url.pathname.slice(ROOT.pathname.length)));
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );
}
