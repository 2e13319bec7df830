import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Child, type ChildOptions, cleanEnvironment } from '@tickscope-test/support';
import type { ManagerName } from './cells.js';
import { managerScript } from './npm-programs.js';
import type { PackageRegistry } from './package-registry.js';

const execute = promisify(execFile);

/** Words with which the managers complain about peers; none of them fails the installation by itself everywhere. */
const PEER_COMPLAINT = /ERESOLVE|peer dep|unmet peer|incorrect peer|YN0002|YN0060|YN0086/i;

export interface InstallationOptions {
  readonly registry: PackageRegistry;
  readonly manager: ManagerName;
  /** Path of the Node that installs and runs. */
  readonly node: string;
  /** Beside Tickscope's packages. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A folder into which a package manager has installed Tickscope from its packed packages, as into a bot's. */
export class InstallationFolder implements AsyncDisposable {
  readonly path: string;
  readonly #node: string;
  readonly #manager: ManagerName;

  private constructor(path: string, node: string, manager: ManagerName) {
    this.path = path;
    this.#node = node;
    this.#manager = manager;
  }

  /** Rejects when the manager fails, or says anything about peers. */
  static async install(options: InstallationOptions): Promise<InstallationFolder> {
    const { registry, manager, node, dependencies } = options;
    const path = await mkdtemp(join(tmpdir(), 'tickscope-consumer-'));
    const folder = new InstallationFolder(path, node, manager);
    try {
      const manifest = {
        name: 'bot',
        version: '1.0.0',
        private: true,
        dependencies: { ...dependencies, ...registry.versions },
      };
      await folder.write('package.json', JSON.stringify(manifest, undefined, 2));
      await folder.write('.npmrc', `@tickscope:registry=${registry.url}\n`);
      if (manager.startsWith('yarn 4')) await folder.write('.yarnrc.yml', yarnSettings(registry, manager));
      const script = await managerScript(manager);
      const { stdout, stderr } = await execute(node, [script, ...installArguments(manager)], {
        cwd: path,
        env: folder.#environment(),
        timeout: 300_000,
        maxBuffer: 16 * 2 ** 20,
      });
      const complaint = `${stdout}\n${stderr}`.split('\n').find((line) => PEER_COMPLAINT.test(line));
      if (complaint !== undefined) throw new Error(`${manager} complains about peers: ${complaint}`);
      return folder;
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${manager} could not install: ${error}\n${stdout ?? ''}\n${stderr ?? ''}`);
    }
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.path, file), text);
  }

  /** Runs a script of the folder as its author would. */
  run(script: string, options: Pick<ChildOptions, 'env' | 'execArgv'> = {}): Child {
    const isPlugAndPlay = this.#manager === 'yarn 4 PnP';
    const loaders = isPlugAndPlay
      ? ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs']
      : [];
    return Child.program(this.#node, {
      args: [...loaders, ...(options.execArgv ?? []), script],
      cwd: this.path,
      env: { ...this.#environment(), ...options.env },
    });
  }

  #environment(): Record<string, string> {
    const path = [dirname(this.#node), process.env.PATH].join(delimiter);
    // Managers read CI to forbid changes of the lockfile; there is none yet.
    return cleanEnvironment({ PATH: path, YARN_ENABLE_TELEMETRY: '0' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

function installArguments(manager: ManagerName): string[] {
  switch (manager) {
    case 'npm':
      return ['install', '--no-audit', '--no-fund'];
    case 'pnpm':
      return [
        'install',
        '--ignore-workspace',
        '--config.auto-install-peers=false',
        '--config.strict-peer-dependencies=true',
      ];
    case 'yarn 1':
      // Line 3.x of OpenTelemetry asks for a newer Node than 20, on which it is tried all the same.
      return ['install', '--ignore-engines', '--non-interactive'];
    default:
      return ['install', '--no-immutable'];
  }
}

function yarnSettings(registry: PackageRegistry, manager: ManagerName): string {
  return [
    `nodeLinker: ${manager === 'yarn 4 PnP' ? 'pnp' : 'node-modules'}`,
    `npmScopes: { tickscope: { npmRegistryServer: "${registry.url}" } }`,
    `globalFolder: "${registry.cacheFolder}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    // Yarn holds back what was published within the last days; ours was a second ago.
    'npmPreapprovedPackages: ["@tickscope/*"]',
    'enableTelemetry: false',
    '',
  ].join('\n');
}
