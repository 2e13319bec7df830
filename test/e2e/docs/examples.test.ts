/**
 * Every TypeScript sample of these pages compiles under the repository's own strict settings, runs, ends with
 * status 0, and prints what the `text` block after it says (`…` stands for anything).
 *
 * The samples of one section are one program. A section that does not call `register()` goes on from the
 * page's first sample. `stand-ins.ts` plays the rest of the bot.
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '@tickscope-test/support';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { type CodeBlock, codeBlocks, pagePath, readPage } from './markdown.js';

const PAGES = ['README.md', 'docs/guide.md', 'docs/errors.md'];
const FOLDER = new URL('../../dist/docs-examples/', import.meta.url);

interface Program {
  readonly title: string;
  readonly path: string;
  readonly source: string;
  readonly output: readonly string[];
}

const programs = (await Promise.all(PAGES.map(programsOf))).flat();

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await copyFile(new URL('stand-ins.ts', import.meta.url), new URL('stand-ins.ts', FOLDER));
  for (const { path, source } of programs) await writeFile(path, source);
});

test('the samples compile', () => {
  const base = ts.readConfigFile(pagePath('tsconfig.base.json'), ts.sys.readFile).config as {
    compilerOptions: Record<string, unknown>;
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...base.compilerOptions,
      composite: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      // Samples name what they show.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    fileURLToPath(FOLDER),
  );
  const program = ts.createProgram(
    programs.map(({ path }) => path),
    options,
  );
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  expect(ts.formatDiagnostics(diagnostics, formatHost)).toBe('');
}, 60_000);

test.each(programs)('$title', async ({ path, output }) => {
  await using child = Child.node(path.replace(/\.ts$/, '.js'));
  expect(await child.waitForExit(), child.stderr).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
  const lines = child.stdout.split('\n').filter((line) => line !== '');
  expect(lines).toHaveLength(output.length);
  for (const [index, line] of output.entries()) expect(lines[index]).toMatch(pattern(line));
});

test('the configuration file of docs/configuration.md is accepted', async () => {
  const files = codeBlocks(await readPage('docs/configuration.md')).filter(
    ({ language }) => language === 'yaml',
  );
  expect(files).toHaveLength(1);
  const path = fileURLToPath(new URL('tickscope.yaml', FOLDER));
  await writeFile(path, (files[0] as CodeBlock).code);
  const program = fileURLToPath(new URL('register.js', FOLDER));
  await writeFile(program, "import { register } from '@tickscope/sdk';\nregister();\n");
  await using child = Child.node(program, { env: { TICKSCOPE_CONFIG: path } });
  expect(await child.waitForExit(), child.stderr).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
});

async function programsOf(page: string): Promise<Program[]> {
  const blocks = codeBlocks(await readPage(page));
  const first = blocks.find(({ language }) => language === 'ts');
  if (first === undefined) throw new Error(`${page} has no sample`);
  const sections = [...new Set(blocks.map(({ section }) => section))];
  return sections.flatMap((section, index) => {
    const inSection = blocks.filter((block) => block.section === section);
    const samples = inSection.filter(({ language }) => language === 'ts').map(({ code }) => code);
    if (samples.length === 0) return [];
    const registers = samples.some((code) => code.includes('register('));
    const source = [...(registers ? [] : [first.code]), ...samples].join('\n');
    return {
      title: `${page}: ${section}`,
      path: fileURLToPath(new URL(`${page.replace(/\W+/g, '-')}-${index}.ts`, FOLDER)),
      source: `import { check, feed, log, orders, price } from './stand-ins.js';\n${source}\n`,
      output: expectedOutput(inSection),
    };
  });
}

/** The lines of the `text` blocks that follow a sample. */
function expectedOutput(blocks: readonly CodeBlock[]): string[] {
  return blocks
    .filter(({ language }, index) => language === 'text' && blocks[index - 1]?.language === 'ts')
    .flatMap(({ code }) => code.split('\n').filter((line) => line !== ''));
}

function pattern(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => fileURLToPath(FOLDER),
  getNewLine: () => '\n',
};
