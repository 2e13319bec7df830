// Bundles the recorder into one scope. As imports, the layout's numbers are loaded from module cells and
// checked at every use, a third of a lap's own cost; as constants of one scope the compiler embeds them
// (docs/decisions/0012-hot-path-build.md). esbuild declares what it bundles with `var`, which the compiler must
// not embed, hence the second step.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = 'dist/bundle';
await build({
  entryPoints: ['dist/index.js', 'dist/internal.js'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
});
for (const file of await readdir(outdir)) {
  const path = `${outdir}/${file}`;
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/^var ([A-Z][A-Z0-9_]*) = /gm, 'const $1 = '));
}
