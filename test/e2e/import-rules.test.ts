import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Folder, imported module, and a part of the message that must come. */
const FORBIDDEN = [
  ['packages/core/src/recorder/tick.ts', '@opentelemetry/api', 'depends on nothing'],
  ['packages/core/src/memory/ring.ts', '../records.js', 'stands alone'],
  ['packages/core/src/memory/ring.ts', 'node:fs', 'stands alone'],
  ['packages/core/src/recorder/tick.ts', '../reading/frame-decoder.js', 'in the shared memory only'],
  ['packages/core/src/reading/frame-decoder.ts', '../recorder/tick.js', 'in the shared memory only'],
  ['packages/core/src/reading/frame-decoder.ts', 'yaml', 'depends on nothing'],
  ['packages/pipeline/src/drain/reader.ts', '../tail/sampler.js', 'no other stage'],
  ['packages/pipeline/src/tail/sampler.ts', '../export/traces/queue.js', 'no other stage'],
  ['packages/pipeline/src/tail/rules/golden.ts', '../../store/kept-ticks.js', 'no other stage'],
  ['packages/pipeline/src/aggregate/windows.ts', '../serve/server.js', 'no other stage'],
  ['packages/pipeline/src/store/kept-ticks.ts', '../serve/server.js', 'no other stage'],
  ['packages/pipeline/src/export/traces/queue.ts', '../../tail/sampler.js', 'no other stage'],
  ['packages/pipeline/src/serve/server.ts', '../store/kept-ticks.js', 'no other stage'],
  ['packages/pipeline/src/serve/server.ts', '../pipeline.js', 'no other stage'],
  ['packages/pipeline/src/index.ts', './serve/server.js', 'loads on the trading thread'],
  ['packages/pipeline/src/start.ts', '@opentelemetry/sdk-metrics', 'loads on the trading thread'],
  ['packages/pipeline/src/threads/channel.ts', '../serve/server.js', 'trading thread too'],
  ['packages/sdk/src/otel/processor.ts', '@opentelemetry/sdk-trace-base', 'API alone'],
  ['packages/sdk/src/register.ts', '@tickscope/pipeline/tail', 'none of its stages'],
  ['packages/viewer/src/main.ts', '@tickscope/core', 'protocol only'],
  ['packages/viewer/src/main.ts', '@tickscope/pipeline', 'protocol only'],
  ['examples/market-maker/src/bot.ts', '@tickscope/core/internal', "bot's author"],
  ['examples/market-maker/src/bot.ts', '@tickscope/pipeline', "bot's author"],
] as const;

const ALLOWED = [
  ['packages/core/src/memory/ring.ts', './layout.js'],
  ['packages/core/src/memory/histogram.ts', '../catalogue/buckets.js'],
  ['packages/core/src/recorder/tick.ts', 'node:async_hooks'],
  ['packages/pipeline/src/tail/sampler.ts', '../settings.js'],
  ['packages/pipeline/src/export/traces/queue.ts', '../../ledger.js'],
  ['packages/pipeline/src/serve/server.ts', '@tickscope/core/internal'],
  ['packages/pipeline/src/pipeline.ts', './serve/server.js'],
  ['packages/sdk/src/otel/processor.ts', '@opentelemetry/api'],
  ['packages/sdk/src/otel/processor.test.ts', '@opentelemetry/sdk-trace-base'],
  ['packages/viewer/src/main.ts', '@tickscope/pipeline/protocol'],
  ['examples/market-maker/src/bot.ts', '@tickscope/sdk'],
] as const;

const complaints = lint([...FORBIDDEN, ...ALLOWED].map(([path, specifier]) => ({ path, specifier })));

test.each(FORBIDDEN)('%s must not import %s', (path, specifier, message) => {
  expect(complaints.get(`${path} ${specifier}`)).toContain(message);
});

test.each(ALLOWED)('%s may import %s', (path, specifier) => {
  expect(complaints.get(`${path} ${specifier}`)).toBeUndefined();
});

/** Runs the linter with the repository's rules over a tree of files that hold nothing but these imports. */
function lint(imports: readonly { path: string; specifier: string }[]): Map<string, string> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const biome = createRequire(join(root, 'package.json')).resolve('@biomejs/biome/package.json');
  const tree = mkdtempSync(join(tmpdir(), 'tickscope-imports-'));
  try {
    const rules = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    writeFileSync(join(tree, 'biome.json'), JSON.stringify({ ...rules, vcs: { enabled: false } }));
    const specifiers = new Map<string, string[]>();
    for (const { path, specifier } of imports)
      specifiers.set(path, [...(specifiers.get(path) ?? []), specifier]);
    for (const [path, lines] of specifiers) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), lines.map((specifier) => `import '${specifier}';\n`).join(''));
    }
    const args = ['lint', '--only=style/noRestrictedImports', '--reporter=github', '--max-diagnostics=none'];
    const { stdout } = spawnSync(process.execPath, [join(dirname(biome), 'bin', 'biome'), ...args], {
      cwd: tree,
      encoding: 'utf8',
    });
    const found = new Map<string, string>();
    for (const [, file, line, message] of stdout.matchAll(/file=([^,]+),line=(\d+),.*::(.*)$/gm)) {
      const path = file.replace(`${tree}/`, '');
      found.set(`${path} ${specifiers.get(path)?.[Number(line) - 1]}`, message);
    }
    return found;
  } finally {
    rmSync(tree, { recursive: true });
  }
}
