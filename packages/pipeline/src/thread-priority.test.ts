import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const MODULE = new URL('./thread-priority.ts', import.meta.url).href
  .replace('/src/', '/dist/')
  .replace(/ts$/, 'js');

test('a worker gives way, and its process does not', async () => {
  const before = getPriority();
  const worker = new Worker(
    `import(${JSON.stringify(MODULE)}).then(({ giveWay }) => require('node:worker_threads').parentPort.postMessage(giveWay()))`,
    { eval: true },
  );
  const niceness = await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  await worker.terminate();
  expect(niceness).toBe(existsSync('/proc/thread-self') ? Math.max(5, before) : undefined);
  expect(getPriority()).toBe(before);
});
