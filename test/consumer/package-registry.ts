import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from '@tickscope-test/support';
import { MANAGERS } from './cells.js';

const execute = promisify(execFile);
const PACKAGES = ['core', 'pipeline', 'sdk'];

interface Release {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * A registry of the scope `@tickscope` alone, over what `pnpm pack` makes of the packages: managers then resolve them,
 * and judge their peers, exactly as they would from npm's registry. Everything else they get from there.
 */
export class PackageRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly #folder: string;
  readonly #releases: readonly Release[];

  private constructor(server: Server, folder: string, releases: readonly Release[]) {
    this.#server = server;
    this.#folder = folder;
    this.#releases = releases;
  }

  /** The packages have to be built. */
  static async start(): Promise<PackageRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'tickscope-packed-'));
    const releases = await pack(folder);
    const server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname).slice(1);
      const tarball = releases.find((release) => path === tarballPath(release));
      const packument = releases.find((release) => path === release.manifest.name);
      if (tarball !== undefined) response.end(tarball.bytes);
      else if (packument !== undefined) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(packumentOf(packument, `http://${request.headers.host}`)));
      } else response.writeHead(404).end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new PackageRegistry(server, folder, releases);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Exact versions of everything packed, as a bot's `dependencies` would have them. */
  get versions(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#releases.map(({ manifest }) => [manifest.name, manifest.version]));
  }

  /** A cache that ends with this registry: Yarn 4 keeps answers by host, without the port, for ever. */
  get cacheFolder(): string {
    return join(this.#folder, 'cache');
  }

  get tarballs(): readonly { readonly name: string; readonly path: string; readonly bytes: Buffer }[] {
    return this.#releases.map(({ manifest, path, bytes }) => ({ name: manifest.name, path, bytes }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function pack(folder: string): Promise<Release[]> {
  const { name, version } = MANAGERS.pnpm;
  for (const directory of PACKAGES) {
    const cwd = fileURLToPath(new URL(`../../packages/${directory}/`, import.meta.url));
    await execute('npx', ['-y', `${name}@${version}`, 'pack', '--pack-destination', folder], {
      cwd,
      env: cleanEnvironment(),
    });
  }
  const files = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  return await Promise.all(
    files.map(async (file) => {
      const path = join(folder, file);
      const { stdout } = await execute('tar', ['-xzOf', path, 'package/package.json']);
      return { manifest: JSON.parse(stdout), path, bytes: await readFile(path) };
    }),
  );
}

/** With the content in the path: managers that cache by address never mistake one build for another. */
function tarballPath({ path, bytes }: Release): string {
  return `${createHash('sha256').update(bytes).digest('hex')}/${basename(path)}`;
}

function packumentOf(release: Release, origin: string): object {
  const { manifest, bytes } = release;
  const dist = {
    tarball: `${origin}/${tarballPath(release)}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  };
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}
