/**
 * Runs the benchmarks and writes docs/benchmarks.md.
 *
 *   node test/bench/run.mjs                 everything (about 30 minutes)
 *   node test/bench/run.mjs --only hot      one suite, or several separated by commas; printed, not written
 *   node test/bench/run.mjs --quick         a smoke run with few repetitions; printed, not written
 *   node test/bench/run.mjs --node 20       only the Node versions that begin so
 *   node test/bench/run.mjs --seed 7        the order of the repetitions
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, watchMachine } from './lib/machine.mjs';
import { cacheFolder, installRivals, NODE_VERSIONS, provideNode } from './lib/provision.mjs';
import { renderReport, renderSummary } from './lib/report.mjs';
import { seededRandom } from './lib/statistics.mjs';

// What the product promises first: a run that is told to stop has that.
const SUITES = [
  'hot',
  'allocation',
  'bot',
  'lateness',
  'throughput',
  'await',
  'cpu',
  'cold',
  'api',
  'span-processor',
];

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    node: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const selected = flags.only?.split(',') ?? SUITES;
const unknown = selected.filter((name) => !SUITES.includes(name));
if (unknown.length > 0)
  throw new Error(`no such suite: ${unknown.join(', ')}; there are ${SUITES.join(', ')}`);

await installRivals();
const nodes = [];
for (const version of NODE_VERSIONS.filter((candidate) => candidate.startsWith(flags.node))) {
  nodes.push({ version, path: await provideNode(version) });
}

const begin = performance.now();
const machine = describeMachine();
const watch = watchMachine();
const parts = [];
let isStopping = false;
// A run that is told to stop finishes its suite and reports what it has.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopping = true));
for (const name of selected) {
  if (isStopping) break;
  const { suite } = await import(`./suites/${name}.mjs`);
  const suiteBegin = performance.now();
  progress(`— ${name}: ${suite.title}`);
  const results = await suite.run({
    nodes,
    quick: flags.quick,
    random: seededRandom(Number(flags.seed)),
    progress,
  });
  parts.push({ name, suite, results });
  progress(`— ${name} took ${seconds(performance.now() - suiteBegin)}`);
}

const run = {
  machine,
  versions: NODE_VERSIONS,
  rivals: JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8')).dependencies,
  date: new Date().toISOString().slice(0, 10),
  command: `npx -y pnpm@10.34.9 bench${process.argv
    .slice(2)
    .map((word) => ` ${word}`)
    .join('')}`,
  seed: flags.seed,
  quick: flags.quick,
  minutes: (performance.now() - begin) / 60_000,
  besides: watch.stop(),
};
const report = renderReport(run, parts);
const isPublishable = !flags.quick && flags.only === undefined && flags.node === '';
if (isPublishable) {
  await writeFile(new URL('../../docs/benchmarks.md', import.meta.url), report);
  await quoteInReadme(renderSummary(run, parts));
  progress('wrote docs/benchmarks.md');
} else {
  process.stdout.write(`${report}\n`);
}
await mkdir(cacheFolder, { recursive: true });
const rawFile = `${cacheFolder}/results-${selected.length === SUITES.length ? 'all' : selected.join('-')}.json`;
await writeFile(
  rawFile,
  JSON.stringify({ run, parts: parts.map(({ name, results }) => ({ name, results })) }, null, 1),
);
progress(`every repetition: ${rawFile}; took ${seconds(performance.now() - begin)}`);

/** Replaces what stands between the two markers; a README without them is left alone. */
async function quoteInReadme(summary) {
  const path = fileURLToPath(new URL('../../README.md', import.meta.url));
  const text = await readFile(path, 'utf8').catch(() => '');
  const quoted = text.replace(
    /(<!-- benchmarks:begin -->\n)[\s\S]*?(<!-- benchmarks:end -->)/,
    (_, opening, closing) => `${opening}${summary}\n${closing}`,
  );
  if (quoted !== text) await writeFile(path, quoted);
}

function progress(line) {
  process.stderr.write(`${line}\n`);
}

function seconds(millis) {
  return `${(millis / 1000).toFixed(0)} s`;
}
