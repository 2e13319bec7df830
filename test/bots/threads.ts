/** A bot of several trading threads, driven by its test: one command of JSON a line on standard input, one answer a line. */
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { currentScope, type RegisterOptions, register } from '@tickscope/sdk';
import type { Command, ThreadData } from './trading-thread.js';
import { report, spin } from './work.js';

export type Order =
  | { readonly do: 'register'; readonly options: RegisterOptions }
  /** Starts a thread; the answer is its number. */
  | ({ readonly do: 'start' } & ThreadData)
  | { readonly do: 'tell'; readonly thread: number; readonly command: Command }
  | { readonly do: 'post'; readonly thread: number; readonly commands: readonly Command[] }
  | { readonly do: 'terminate'; readonly thread: number }
  | { readonly do: 'await-exit'; readonly thread: number }
  | { readonly do: 'ticks'; readonly count: number }
  | { readonly do: 'open'; readonly symbol: string }
  /** Occupies the main thread. */
  | { readonly do: 'spin'; readonly millis: number }
  | { readonly do: 'kill-pipeline' | 'address' | 'flush' | 'shutdown' | 'exit' | 'rss' };

const threads = new Map<number, { readonly worker: Worker; readonly ended: Promise<unknown> }>();
const pipelines: Worker[] = [];
subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker };
  if (!isStartingThread) pipelines.push(worker);
});
let isStartingThread = false;

for await (const line of createInterface(process.stdin)) {
  report({ answer: (await obey(JSON.parse(line) as Order)) ?? null });
}
process.exit(0);

async function obey(order: Order): Promise<unknown> {
  const scope = currentScope();
  switch (order.do) {
    case 'register':
      register(order.options);
      return;
    case 'start':
      return start(order);
    case 'tell': {
      const worker = threads.get(order.thread)?.worker as Worker;
      const isLast = order.command.do === 'exit';
      const answer = isLast ? Promise.resolve([null]) : once(worker, 'message');
      worker.postMessage(order.command);
      return (await answer)[0];
    }
    case 'post':
      for (const command of order.commands) threads.get(order.thread)?.worker.postMessage(command);
      return;
    case 'terminate':
      await threads.get(order.thread)?.worker.terminate();
      return;
    case 'await-exit':
      await threads.get(order.thread)?.ended;
      return;
    case 'ticks':
      for (let index = 0; index < order.count; index++) {
        const tick = scope.begin({ symbol: 'MAIN' });
        tick.lap('fetch_md');
        tick.lap('emit');
        tick.end();
      }
      return;
    case 'open':
      scope.begin({ symbol: order.symbol }).lap('fetch_md');
      return;
    case 'spin':
      return spin(order.millis);
    case 'kill-pipeline':
      return pipelines.at(-1)?.terminate();
    case 'address':
      return scope.address;
    case 'flush':
      return scope.flush();
    case 'shutdown':
      return scope.shutdown();
    case 'rss':
      return process.memoryUsage.rss();
    case 'exit':
      return process.exit(0);
  }
}

function start({ options, ticks, waits }: ThreadData): number {
  isStartingThread = true;
  const worker = new Worker(new URL('./trading-thread.js', import.meta.url), {
    workerData: { options, ticks, ...(waits !== undefined && { waits }) } satisfies ThreadData,
  });
  isStartingThread = false;
  threads.set(worker.threadId, { worker, ended: once(worker, 'exit') });
  return worker.threadId;
}
