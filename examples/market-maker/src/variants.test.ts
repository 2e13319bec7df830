import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What a module of this folder loads at run time, through all modules that it loads. */
function loadedBy(entry: string): { modules: string[]; packages: string[] } {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const visit = (url: URL) => {
    if (modules.has(url.href)) return;
    modules.add(url.href);
    const source = readFileSync(url, 'utf8');
    for (const [, specifier] of source.matchAll(/^import (?!type )[\w\s{},*]* from '([^']+)';$/gm)) {
      if (specifier.startsWith('.')) visit(new URL(specifier.replace(/\.js$/, '.ts'), url));
      else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  };
  visit(new URL(entry, import.meta.url));
  const folder = new URL('.', import.meta.url).href;
  return { modules: [...modules].map((href) => href.slice(folder.length)), packages: [...packages].sort() };
}

test('the bare bot loads nothing of Tickscope', () => {
  expect(loadedBy('main-bare.ts').packages).toEqual(['undici', 'ws']);
});

test('the two bots differ in one module', () => {
  const bare = loadedBy('main-bare.ts').modules;
  const instrumented = loadedBy('main.ts');
  expect(instrumented.packages).toEqual(['@tickscope/sdk', 'undici', 'ws']);
  expect(bare.filter((file) => !instrumented.modules.includes(file))).toEqual(['main-bare.ts', 'tick.ts']);
  expect(instrumented.modules.filter((file) => !bare.includes(file))).toEqual([
    'main.ts',
    'tick-instrumented.ts',
  ]);
});
