import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const SERVER = fileURLToPath(new URL('../../dist/serve/server.js', import.meta.url));
const PROGRAM = `
  const { HttpServer } = await import(${JSON.stringify(SERVER)});
  const server = new HttpServer({
    settings: { host: '127.0.0.1', port: 0, portIsConfigured: true },
    sources: { renderMetrics: async () => 'x 1\\n' },
  });
  console.log((await server.listen()).address);
  process.stdin.once('data', () => process.stdin.destroy());
`;

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

it('lets the process end while it listens and a scraper keeps its connection open', async () => {
  child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const [address] = (await once(stdout, 'data')) as [Buffer];
  const agent = new Agent({ keepAlive: true });
  const body = await new Promise<string>((resolve, reject) => {
    get(`${address.toString().trim()}/metrics`, { agent }, (response) => {
      response.setEncoding('utf8').once('data', resolve);
    }).on('error', reject);
  });
  expect(body).toBe('x 1\n');
  const exit = once(child, 'exit');
  stdin.end('go\n');
  expect(await exit).toEqual([0, null]);
  agent.destroy();
});
