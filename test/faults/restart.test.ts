import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { pollUntil } from '@tickscope-test/support';
import { afterEach, expect, test } from 'vitest';

type Snapshot = { ledger: Record<string, never>; stages: { stage: string; count: number }[] };

let stop: (() => Promise<void>) | undefined;
afterEach(async () => stop?.());

test('a pipeline worker that dies is replaced: no metric is lost, and the ledger still balances', async () => {
  const workers = captureWorkers();
  const { register } = await import('@tickscope/sdk');
  const scope = register({ stages: ['a'], sampleRatio: 0.5, prometheus: { port: 0 } });
  stop = () => scope.shutdown();
  const address = await scope.address;
  const ticks = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const tick = scope.begin();
      tick.lap('a');
      tick.end();
    }
  };
  ticks(1000);
  await scope.flush();

  // Dies with spans in its hands: they are held back for a quarter of a second.
  ticks(1000);
  await pollUntil(async () => (await snapshot(address)).stages[0].count === 2000);
  await workers[0].terminate();
  ticks(1000);

  const after = await pollUntil(
    async () => {
      const now = await snapshot(address).catch(() => undefined);
      return now !== undefined && workers.length === 2 && balance(now) === 0 ? now : undefined;
    },
    { description: 'a balanced ledger of the second worker' },
  );
  expect(after.stages[0].count).toBe(3000);
  expect(after.ledger).toMatchObject({ recorded: 6000 });
});

async function snapshot(address: string | undefined): Promise<Snapshot> {
  return (await (await fetch(`${address}/api/snapshot`)).json()) as Snapshot;
}

function balance({ ledger }: Snapshot): number {
  const { recorded, exported, notExported, sampledOut, dropped, inFlight } = ledger as unknown as {
    [key: string]: number;
  } & { dropped: Record<string, number>; inFlight: Record<string, number> };
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  return recorded - exported - notExported - sampledOut - sum(dropped) - sum(inFlight);
}

/** The sdk has no handle on its worker for others; the runtime's own constructor tells of it. */
function captureWorkers(): Worker[] {
  const workers: Worker[] = [];
  const threads = createRequire(import.meta.url)(
    'node:worker_threads',
  ) as typeof import('node:worker_threads');
  const Original = threads.Worker;
  threads.Worker = class extends Original {
    constructor(...options: ConstructorParameters<typeof Original>) {
      super(...options);
      workers.push(this);
    }
  };
  syncBuiltinESMExports();
  return workers;
}
