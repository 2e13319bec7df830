import { fileURLToPath } from 'node:url';
import type { HealthJson, SnapshotJson } from '@tickscope/pipeline/protocol';
import type { RegisterOptions } from '@tickscope/sdk';
import { Child, type ChildOptions, pollUntil } from '@tickscope-test/support';
import type { Order } from './threads.js';
import type { Command } from './trading-thread.js';

/** Starts one of the small bots of this folder. */
export function startBot(name: string, options: ChildOptions = {}): Child {
  return Child.node(fileURLToPath(new URL(`../dist/bots/${name}.js`, import.meta.url)), options);
}

/** The address that a bot prints as `address <url>`. */
export async function addressOf(bot: Child): Promise<string> {
  return (await bot.waitForLine(/^address (http:\S+)$/))[1] as string;
}

export async function getSnapshot(address: string): Promise<SnapshotJson> {
  return (await (await fetch(`${address}/api/snapshot`)).json()) as SnapshotJson;
}

export async function getHealth(address: string): Promise<{ status: number; health: HealthJson }> {
  const response = await fetch(`${address}/health`);
  return { status: response.status, health: (await response.json()) as HealthJson };
}

/** The bot of several threads, see bots/threads.ts: gives it an order and waits for its answer. */
export class ThreadedBot implements AsyncDisposable {
  readonly child: Child;
  orders = 0;

  constructor(options: ChildOptions = {}) {
    this.child = startBot('threads', options);
  }

  async order(order: Order): Promise<unknown> {
    this.child.write(`${JSON.stringify(order)}\n`);
    const wanted = ++this.orders;
    await pollUntil(() => this.answers >= wanted, {
      description: `an answer to ${JSON.stringify(order)}\n${this.child.stderr}`,
      timeoutMillis: 20_000,
    });
    return (JSON.parse(this.child.stdout.split('\n')[wanted - 1]) as { answer: unknown }).answer;
  }

  get answers(): number {
    return this.child.stdout.split('\n').length - 1;
  }

  /** Tells a thread without waiting for what it answers. */
  async post(thread: number, ...commands: Command[]): Promise<void> {
    await this.order({ do: 'post', thread, commands });
  }

  /** Starts a thread that registers with these options and ticks at once. */
  async start(options: RegisterOptions, ticks = 0, waits = false): Promise<number> {
    return (await this.order({ do: 'start', options, ticks, waits })) as number;
  }

  tell(thread: number, command: Command): Promise<unknown> {
    return this.order({ do: 'tell', thread, command });
  }

  async address(): Promise<string> {
    return (await this.order({ do: 'address' })) as string;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
