import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Child } from './child.js';
import { cleanEnvironment } from './environment.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickscope-child-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function script(source: string): Promise<Child> {
  const file = join(folder, 'script.mjs');
  await writeFile(file, source);
  return Child.node(file, { args: ['first'], env: { MODE: 'test' } });
}

test('output, arguments, environment and exit code are seen', async () => {
  await using child = await script(`
    console.log('ready', process.argv[2], process.env.MODE);
    console.error('to stderr');
    process.exitCode = 3;`);
  expect((await child.waitForLine(/^ready (\w+) (\w+)$/)).slice(1)).toEqual(['first', 'test']);
  expect(await child.waitForExit()).toEqual({ code: 3, signal: null });
  expect([child.stdout, child.stderr]).toEqual(['ready first test\n', 'to stderr\n']);
});

test('the signal that ended it is seen', async () => {
  await using child = await script(`console.log('ready'); setInterval(() => {}, 1000);`);
  await child.waitForLine(/^ready/);
  child.signal('SIGTERM');
  expect(await child.waitForExit()).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a program that reads its standard input ends when that does', async () => {
  await using child = await script(
    `for await (const chunk of process.stdin) console.log(chunk); console.log('end');`,
  );
  child.endInput();
  expect(await child.waitForExit()).toEqual({ code: 0, signal: null });
  expect(child.stdout).toBe('end\n');
});

test('a program that ends without the line is reported with its output', async () => {
  await using child = await script(`console.error('no such feed'); process.exit(1);`);
  await expect(child.waitForLine(/^ready/)).rejects.toThrow(/code 1.*no such feed.*without a line/s);
});

test('a line is not matched before it is complete', async () => {
  await using child = await script(`process.stdout.write('port 94'); setInterval(() => {}, 1000);`);
  await expect(child.waitForLine(/^port/, 300)).rejects.toThrow(/Waited 300 ms/);
});

test('a child that ignores SIGTERM is gone after the test', async () => {
  const child = await script(
    `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000);`,
  );
  await child.waitForLine(/^ready/);
  child.signal('SIGTERM');
  await child[Symbol.asyncDispose]();
  expect(() => process.kill(child.pid, 0)).toThrow('ESRCH');
});

test('a clean environment keeps certificates and drops what configures telemetry', () => {
  vi.stubEnv('NODE_EXTRA_CA_CERTS', '/ca.pem');
  vi.stubEnv('OTEL_SERVICE_NAME', 'other');
  vi.stubEnv('METRICS_PORT', '1');
  vi.stubEnv('NODE_OPTIONS', '--no-warnings');
  const environment = cleanEnvironment({ EXTRA: '1' });
  vi.unstubAllEnvs();
  expect(environment).toMatchObject({ NODE_EXTRA_CA_CERTS: '/ca.pem', EXTRA: '1' });
  expect(
    Object.keys(environment).filter((name) => /^(OTEL_|METRICS_PORT|NODE_OPTIONS|VITEST)/.test(name)),
  ).toEqual([]);
});
