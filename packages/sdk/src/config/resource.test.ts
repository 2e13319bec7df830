import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve.js';
import { VERSION } from './version.js';

describe('the resource', () => {
  it('says who is speaking', () => {
    const { 'container.id': _wherever, ...resource } = resolveConfig(
      { service: 'mm-bot', serviceVersion: '3.1' },
      {},
    ).resource;
    expect(resource).toEqual({
      'service.name': 'mm-bot',
      'service.version': '3.1',
      'service.instance.id': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      'host.name': hostname(),
      'host.arch': expect.stringMatching(/^[a-z0-9]+$/),
      'os.type': expect.stringMatching(/^[a-z]+$/),
      'os.version': release(),
      'process.pid': process.pid,
      'process.executable.name': basename(process.execPath),
      'process.executable.path': process.execPath,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      'process.runtime.description': 'Node.js',
      'telemetry.sdk.name': 'tickscope',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': VERSION,
    });
  });

  it('is one instance for the life of the process', () => {
    const [first, second] = [resolveConfig({}, {}), resolveConfig({}, {})];
    expect(first.resource['service.instance.id']).toBe(second.resource['service.instance.id']);
  });

  it('is another instance in every process of a host, also beside the same environment', async () => {
    const module = new URL('../../dist/config/resolve.js', import.meta.url).href;
    const program = `import { resolveConfig } from ${JSON.stringify(module)};
      process.stdout.write(resolveConfig({}).resource['service.instance.id']);`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const processes = await Promise.all([run(), run(), run()]);
    expect(new Set(processes.map(({ stdout }) => stdout)).size).toBe(3);
  });

  it('tells nothing of the command line, the working directory, the user or the environment', () => {
    const text = JSON.stringify(resolveConfig({}, { TOKEN: 'geheim' }).resource);
    for (const secret of [...process.argv.slice(1), process.cwd(), 'geheim']) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(/process\.(command|owner|working)|host\.id/);
  });

  it('takes an instance id from the environment or code before its own', () => {
    const environment = { OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=bot-1' };
    const { resource, origins } = resolveConfig({}, environment);
    expect(resource['service.instance.id']).toBe('bot-1');
    expect(origins['resource.service.instance.id']).toBe('environment OTEL_RESOURCE_ATTRIBUTES');
    const inCode = resolveConfig({ resource: { 'service.instance.id': 'bot-2' } }, environment);
    expect(inCode.resource['service.instance.id']).toBe('bot-2');
  });

  it.each<[options: object, environment: Record<string, string>, name: string, origin: string]>([
    [{}, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=list' }, 'list', 'environment OTEL_RESOURCE_ATTRIBUTES'],
    [
      {},
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=list', OTEL_SERVICE_NAME: 'own' },
      'own',
      'environment OTEL_SERVICE_NAME',
    ],
    [{ resource: { 'service.name': 'code' } }, { OTEL_SERVICE_NAME: 'own' }, 'code', 'code'],
    [{ service: 'a', resource: { 'service.name': 'b' } }, {}, 'a', 'code'],
    [{}, {}, 'unknown_service:node', 'detected'],
  ])('is named by the strongest source: %j %j', (options, environment, name, origin) => {
    const config = resolveConfig(options, environment);
    expect([config.service, config.resource['service.name'], config.origins.service]).toEqual([
      name,
      name,
      origin,
    ]);
  });

  it('decodes percent-encoded attributes and lets code override them one by one', () => {
    const { resource } = resolveConfig(
      { resource: { team: 'code', shard: 7, live: true } },
      { OTEL_RESOURCE_ATTRIBUTES: 'team=env, deployment.environment = a%2Cb%20c ,empty=,eq=a=b' },
    );
    expect(resource).toMatchObject({
      team: 'code',
      shard: 7,
      live: true,
      'deployment.environment': 'a,b c',
      empty: '',
      eq: 'a=b',
    });
  });

  it('has the version of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(VERSION).toBe(manifest.version);
  });
});
