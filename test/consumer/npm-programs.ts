/** Node versions and package managers, from npm, each under a prefix of its own so that it shadows no other. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment, optionalTool } from '@tickscope-test/support';
import { MANAGERS, type ManagerName } from './cells.js';

const execute = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../.cache/npm-programs/', import.meta.url));

/** The binary of exactly this version; undefined (and a loud line) where it cannot be had outside CI. */
export async function nodeBinary(version: string): Promise<string | undefined> {
  return await optionalTool({
    name: `Node ${version}`,
    leavesUnchecked: `that Tickscope works on Node ${version}`,
    async obtain() {
      if (process.version === `v${version}`) return process.execPath;
      const binary = join(await installed('node', version), 'bin', 'node');
      const { stdout } = await execute(binary, ['--version']);
      if (stdout.trim() !== `v${version}`) throw new Error(`${binary} is ${stdout.trim()}`);
      return binary;
    },
  });
}

const SCRIPTS: Readonly<Record<string, string>> = {
  npm: 'bin/npm-cli.js',
  pnpm: 'bin/pnpm.cjs',
  yarn: 'bin/yarn.js',
  '@yarnpkg/cli-dist': 'bin/yarn.js',
};

/** The script that a Node runs to be this manager. */
export async function managerScript(manager: ManagerName): Promise<string> {
  const { name, version } = MANAGERS[manager];
  return join(await installed(name, version), SCRIPTS[name] as string);
}

const pending = new Map<string, Promise<string>>();

/** The package's folder. */
function installed(name: string, version: string): Promise<string> {
  const key = `${name}@${version}`;
  const known = pending.get(key);
  if (known !== undefined) return known;
  const installing = install(name, version, join(CACHE, key.replace('/', '+')));
  pending.set(key, installing);
  return installing;
}

async function install(name: string, version: string, prefix: string): Promise<string> {
  const folder = join(prefix, 'node_modules', name);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'installing-'));
  try {
    await execute('npm', ['install', '--prefix', work, '--no-save', '--no-audit', `${name}@${version}`], {
      cwd: work,
      env: cleanEnvironment(),
      timeout: 300_000,
    });
    // Renamed last: a half-installed program is never taken for a whole one.
    await rename(work, prefix);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
