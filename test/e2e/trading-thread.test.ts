import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every file that `import '@tickscope/sdk'` loads, by path from the root; what is imported later on does not count. */
let loaded: string[];

beforeAll(async () => {
  const entry = 'packages/sdk/dist/index.js';
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const reached = new Set([entry]);
  for (const file of reached)
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? [])
      if (kind !== 'dynamic-import' && !external) reached.add(path);
  loaded = [...reached];
});

test('the trading thread loads the OpenTelemetry API and, without a configuration file, nothing else of others', () => {
  const packages = loaded.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual(['@opentelemetry/api']);
});

test('the trading thread loads no stage of the pipeline', () => {
  const folders = loaded.flatMap((path) => /packages\/pipeline\/dist\/(\w+)\//.exec(path)?.[1] ?? []);
  // How threads find each other is no stage.
  expect([...new Set(folders)]).toEqual(['threads']);
});
