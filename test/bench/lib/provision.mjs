import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
export const cacheFolder = fileURLToPath(new URL('../.cache', import.meta.url));

/** The versions measured; the first is the oldest line that Tickscope supports. */
export const NODE_VERSIONS = ['20.20.2', '24.21.0'];

/** Installs the rivals from this folder's own lockfile; a second call costs a file comparison. */
export async function installRivals() {
  const lockfile = await readFile(`${root}/pnpm-lock.yaml`, 'utf8');
  const stamp = `${cacheFolder}/installed-lockfile.yaml`;
  if (existsSync(`${root}/node_modules`) && existsSync(stamp) && (await readFile(stamp, 'utf8')) === lockfile)
    return;
  await run('npx', ['-y', await pinnedPnpm(), 'install', '--ignore-workspace', '--frozen-lockfile'], {
    cwd: root,
  });
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(stamp, lockfile);
}

async function pinnedPnpm() {
  return JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')).packageManager;
}

/**
 * The path of a Node binary of exactly this version: the running one, or the npm package `node`, under a prefix
 * of its own so that it shadows no other.
 */
export async function provideNode(version) {
  if (process.version === `v${version}`) return process.execPath;
  const prefix = `${cacheFolder}/node-${version}`;
  const binary = `${prefix}/node_modules/node/bin/node`;
  if (!existsSync(binary)) {
    await mkdir(prefix, { recursive: true });
    await run('npm', ['install', '--prefix', prefix, '--no-save', `node@${version}`], { cwd: prefix });
  }
  const { stdout } = await run(binary, ['--version']);
  if (stdout.trim() !== `v${version}`) throw new Error(`${binary} is ${stdout.trim()}, wanted v${version}`);
  return binary;
}
