import { fileURLToPath } from 'node:url';
import type { HealthJson, SnapshotJson } from '@tickscope/pipeline/protocol';
import { Child, type ChildOptions } from '@tickscope-test/support';

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
