/** What `pnpm pack` makes of each package: nothing missing, nothing left over, typed for every way of resolving it. */
import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPENTELEMETRY } from './cells.js';
import { InstallationFolder } from './installation-folder.js';
import { PackageRegistry } from './package-registry.js';
import { hasRegistryAccess } from './registry-access.js';
import { fixture } from './small-bot.js';

const isReachable = await hasRegistryAccess();
const registry = await PackageRegistry.start();
afterAll(() => registry[Symbol.asyncDispose]());

describe.each(registry.tarballs)('$name', ({ bytes, path }) => {
  test('is as publint wants it', async () => {
    const tarball = Uint8Array.from(bytes).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('has its licence, and neither tests nor what a build leaves behind', async () => {
    const files = await filesOf(path);
    expect(files).toContain('package/LICENSE');
    expect(files.filter((file) => /\.test\.|\.tsbuildinfo$|node_modules/.test(file))).toEqual([]);
  });

  test('has the sources that its maps name', async () => {
    const files = await filesOf(path);
    const maps = files.filter((file) => file.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(0);
    const { stdout } = await promisify(execFile)('tar', ['-xzOf', path, ...maps], { maxBuffer: 2 ** 26 });
    // One line of JSON each, in the archive's order.
    const named = stdout
      .split(/(?<=\})\n?(?=\{"version":3)/)
      .map((text) => JSON.parse(text) as { sources: string[] })
      .flatMap(({ sources }, index) =>
        sources.map((source) => posix.join(posix.dirname(maps[index] as string), source)),
      );
    expect(named.filter((source) => !files.includes(source))).toEqual([]);
  });
});

describe.skipIf(!isReachable)('the types', () => {
  let folder: InstallationFolder;
  beforeAll(async () => {
    folder = await InstallationFolder.install({
      registry,
      manager: 'npm',
      node: process.execPath,
      dependencies: { ...OPENTELEMETRY['2.12'], '@types/node': '20.19.43' },
    });
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  test.each([
    { as: 'an ES module', file: 'types.mts', module: 'nodenext', moduleResolution: 'nodenext' },
    { as: 'CommonJS', file: 'types.cts', module: 'nodenext', moduleResolution: 'nodenext' },
    { as: 'a bundler resolves', file: 'bundled.ts', module: 'esnext', moduleResolution: 'bundler' },
  ])('hold as $as, libraries checked too', async ({ file, module, moduleResolution }) => {
    const path = join(folder.path, file);
    await copyFile(fixture('types.mts'), path);
    const { options, errors } = ts.convertCompilerOptionsFromJson(
      { strict: true, noEmit: true, target: 'es2022', types: ['node'], module, moduleResolution },
      folder.path,
    );
    expect(errors).toEqual([]);
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([path], options));
    expect(ts.formatDiagnostics(diagnostics, formatHost)).toBe('');
  });
});

async function filesOf(path: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('tar', ['-tzf', path]);
  return stdout.trimEnd().split('\n');
}

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};
