/**
 * A trading thread of threads.ts. It registers and ticks at once, without returning to its event loop in between, and
 * then does what it is told, one command at a time.
 */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { currentScope, type RegisterOptions, register, type Tick } from '@tickscope/sdk';
import { spin } from './work.js';

export interface ThreadData {
  readonly options: RegisterOptions;
  readonly ticks: number;
  /** Registers only when it is told to. */
  readonly waits?: boolean;
}

export type Command =
  | { readonly do: 'register' | 'address' | 'flush' | 'shutdown' | 'exit' | 'leave' }
  | { readonly do: 'ticks'; readonly count: number }
  | { readonly do: 'open'; readonly symbol: string }
  | { readonly do: 'mode'; readonly mode: 'metrics' | 'full' }
  | { readonly do: 'spin'; readonly millis: number };

const { options, ticks, waits } = workerData as ThreadData;
const open: Tick[] = [];
if (!waits) start();
parentPort?.on('message', async (command: Command) => {
  const answer = await obey(command);
  parentPort?.postMessage(answer ?? null);
  if (command.do === 'leave') parentPort?.close();
});

function start(): void {
  register(options);
  tick(ticks);
}

function tick(count: number): void {
  for (let index = 0; index < count; index++) {
    const tick = currentScope().begin({ symbol: `T${threadId}` });
    tick.lap('fetch_md');
    tick.lap('emit');
    tick.end();
  }
}

async function obey(command: Command): Promise<unknown> {
  const scope = currentScope();
  switch (command.do) {
    case 'register':
      return start();
    case 'address':
      return scope.address;
    case 'flush':
      return scope.flush();
    case 'shutdown':
      return scope.shutdown();
    case 'exit':
      return process.exit(0);
    case 'leave':
      return;
    case 'ticks':
      return tick(command.count);
    case 'open':
      open.push(scope.begin({ symbol: command.symbol }));
      open.at(-1)?.lap('fetch_md');
      return open.at(-1)?.spanContext().traceId;
    case 'mode':
      return scope.setMode(command.mode);
    case 'spin':
      return spin(command.millis);
  }
}
