// Bundles the worker into one file with its OpenTelemetry packages inlined, and the viewer into one HTML page.
// Why one file: docs/decisions/0002-worker-bundle.md.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const viewer = join(here, '..', 'viewer');

const { metafile } = await build({
  entryPoints: { worker: join(here, 'dist', 'worker.js'), inline: join(here, 'dist', 'inline.js') },
  outdir: join(here, 'dist'),
  entryNames: '[name].bundle',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // The packages' ES modules: of CommonJS nothing can be left out, and of the semantic conventions nearly all can.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  legalComments: 'none',
  metafile: true,
  // OpenTelemetry's packages are CommonJS inside and require Node's built-ins.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
// Strings are escaped, comments are not, and one character beyond ASCII makes V8 hold the text with two bytes each.
for (const file of Object.keys(metafile.outputs)) {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/[^\0-\x7f]/g, '?'));
}
await writeFile(join(here, 'dist', 'THIRD_PARTY_NOTICES.txt'), await licences(metafile));

const page = await build({
  entryPoints: [join(viewer, 'src', 'main.ts')],
  bundle: true,
  write: false,
  outdir: join(here, 'dist', 'viewer'),
  format: 'iife',
  target: 'es2022',
  minify: true,
});
const css = page.outputFiles.find((file) => file.path.endsWith('.css'))?.text ?? '';
const js = page.outputFiles
  .find((file) => file.path.endsWith('.js'))
  .text.replaceAll('</script', '<\\/script');
const html = await readFile(join(viewer, 'src', 'index.html'), 'utf8');
await writeFile(
  join(here, 'dist', 'dashboard.html'),
  html
    .replace('<!-- styles -->', () => `<style>${css}</style>`)
    .replace('<!-- script -->', () => `<script>${js}</script>`),
);

/** One section per inlined package: name, version, licence text. */
async function licences(metafile) {
  const folders = new Map();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (match) folders.set(match[2], match[1]);
  }
  const sections = [];
  for (const [name, folder] of [...folders].sort(([a], [b]) => a.localeCompare(b))) {
    const manifest = createRequire(import.meta.url)(join(process.cwd(), folder, 'package.json'));
    const text = await readFile(join(process.cwd(), folder, 'LICENSE'), 'utf8').catch(
      () => `${manifest.license}\n`,
    );
    sections.push(`${name} ${manifest.version} (${manifest.license})\n\n${text}`);
  }
  return sections.join(`\n${'-'.repeat(80)}\n\n`);
}
