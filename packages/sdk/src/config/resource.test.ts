import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve.js';
import { VERSION } from './version.js';

describe('the resource', () => {
  it('says who is speaking', () => {
    const { resource } = resolveConfig({ service: 'mm-bot', serviceVersion: '3.1' }, {});
    expect(resource).toEqual({
      'service.name': 'mm-bot',
      'service.version': '3.1',
      'service.instance.id': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      'host.name': hostname(),
      'process.pid': process.pid,
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
