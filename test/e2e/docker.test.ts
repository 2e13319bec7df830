import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { debianProgram, optionalTool } from '@tickscope-test/support';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const DOCKER = new URL('../../docker/', import.meta.url);

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly extra_hosts?: readonly string[];
}

const compose = parse(await readFile(new URL('compose.yaml', DOCKER), 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const prometheusFile = new URL('prometheus/prometheus.yml', DOCKER);
const prometheus = parse(await readFile(prometheusFile, 'utf8')) as {
  readonly scrape_configs: readonly {
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }[];
};
const promtool = await optionalTool({
  name: 'promtool',
  obtain: () => debianProgram('promtool'),
  leavesUnchecked: 'that Prometheus accepts docker/prometheus/prometheus.yml',
});

describe.each(Object.entries(compose.services))('service %s', (_name, service) => {
  test('has a pinned image', () => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  test('listens on the loopback only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('mounts only what exists', () => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(new URL(source, DOCKER)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });
});

test('Jaeger takes OTLP and shows its page', () => {
  expect(compose.services.jaeger?.ports?.map((port) => port.split(':')[2])).toEqual([
    '4317',
    '4318',
    '16686',
  ]);
});

test('Prometheus keeps 30 days and stores exemplars', () => {
  expect(compose.services.prometheus?.command).toEqual(
    expect.arrayContaining(['--storage.tsdb.retention.time=30d', '--enable-feature=exemplar-storage']),
  );
});

test('every scraped target is one that a bot on the host serves by default', () => {
  const targets = prometheus.scrape_configs.flatMap((job) =>
    job.static_configs.flatMap((group) => group.targets),
  );
  expect(targets).toEqual(['host.docker.internal:9464']);
  expect(compose.services.prometheus?.extra_hosts).toContain('host.docker.internal:host-gateway');
});

test.skipIf(!promtool)('promtool accepts the configuration', async () => {
  const check = promisify(execFile)(promtool as string, ['check', 'config', fileURLToPath(prometheusFile)]);
  expect((await check).stdout).toContain('SUCCESS');
});
