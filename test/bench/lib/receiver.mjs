import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts the receiver process; `endpoint` is what an exporter is given as base URL. */
export async function startReceiver() {
  const child = fork(fileURLToPath(new URL('../children/receiver.mjs', import.meta.url)), { execArgv: [] });
  const [{ port }] = await once(child, 'message');
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    async received() {
      return (await fetch(`${endpoint}/received`)).json();
    },
    async stop() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
