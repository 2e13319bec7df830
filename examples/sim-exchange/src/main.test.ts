import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }));
  return { child, exited };
}

async function ready(child: ReturnType<typeof run>['child']) {
  const [line] = await once(createInterface(child.stdout), 'line');
  return JSON.parse(line) as { event: string; address: string; seed: number; scenario: string };
}

test('the process says where it is, serves, and ends with status 0 on SIGTERM', async () => {
  const { child, exited } = run('--port', '0', '--seed', '7');
  const line = await ready(child);
  expect(line).toMatchObject({ event: 'ready', seed: 7, scenario: 'default' });
  const truth = (await (await fetch(`${line.address}/truth`)).json()) as { seed: number };
  expect(truth.seed).toBe(7);
  child.kill('SIGTERM');
  expect(await exited).toMatchObject({ code: 0, signal: null });
});

test('with --stop-with-stdin the process ends with its parent', async () => {
  const { child, exited } = run('--stop-with-stdin');
  await ready(child);
  child.stdin.end();
  expect(await exited).toMatchObject({ code: 0, signal: null });
});

test.each([
  [['--seed', 'x'], '--seed: expected an integer from 0 to 4294967295, got "x"'],
  [['--port', '70000'], '--port: expected an integer from 0 to 65535, got "70000"'],
  [['--scenario', '/no/such.json'], 'cannot read scenario /no/such.json'],
  [['--speed', '2'], "Unknown option '--speed'"],
])('%j is refused with status 2', async (args, message) => {
  const { code, stderr } = await run(...args).exited;
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
