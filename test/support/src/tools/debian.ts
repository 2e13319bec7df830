import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../process/environment.js';

const execute = promisify(execFile);

/** `.cache/` at the root of the repository, which git ignores. */
const CACHE = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

const PACKAGES = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
} as const;

const PYTHON_CLIENT = 'python3-prometheus-client';

export type DebianProgram = keyof typeof PACKAGES;

/**
 * The path of a program: what is installed, else what an earlier call unpacked, else Debian's package, downloaded and
 * unpacked (not installed) into the cache, which takes about a second. Throws when none of that works.
 */
export async function debianProgram(program: DebianProgram): Promise<string> {
  const installed = join('/usr/bin', program);
  if (existsSync(installed)) return installed;
  const folder = join(CACHE, 'debian', PACKAGES[program]);
  const unpacked = join(folder, 'usr', 'bin', program);
  if (!existsSync(unpacked)) await unpack(PACKAGES[program], folder);
  return unpacked;
}

/** The folder to put into PYTHONPATH for Debian's Python client of Prometheus, the one installed or unpacked as above. */
export async function debianPrometheusClient(): Promise<string> {
  const packages = 'usr/lib/python3/dist-packages';
  if (existsSync(join('/', packages, 'prometheus_client'))) return join('/', packages);
  const folder = join(CACHE, 'debian', PYTHON_CLIENT);
  if (!existsSync(folder)) await unpack(PYTHON_CLIENT, folder);
  return join(folder, packages);
}

async function unpack(packageName: string, folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'unpacking-'));
  try {
    const options = { cwd: work, env: cleanEnvironment(), timeout: 120_000 };
    await execute('apt-get', ['download', packageName], options).catch(async () => {
      await execute('apt-get', ['update'], options);
      await execute('apt-get', ['download', packageName], options);
    });
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get downloaded no ${packageName}`);
    await execute('dpkg', ['-x', archive, 'unpacked'], options);
    await mkdir(join(CACHE, 'debian'), { recursive: true });
    // Renamed last: a half-unpacked package is never taken for a whole one.
    await rename(join(work, 'unpacked'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
