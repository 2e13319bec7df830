/**
 * What the bot's own `await` costs once a library has been at work in its process.
 * Argument: { module, options, ticksBefore, inside, awaits }; `inside` names what the awaits run in:
 * `nothing`, a Tickscope `tick`, or a stock active `span`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { openRunQueue } from '../lib/run-queue.mjs';

const { module, options, ticksBefore, inside, awaits } = childArgument();
const subject =
  module === undefined ? undefined : await (await import(`../cases/${module}.mjs`)).create(options);
for (let index = 0; index < ticksBefore; index++) subject.tick(index);
await turn();

if (inside === 'tick') await subject.scope.tick(measureAndReport);
else if (inside === 'span') await subject.insideSpan(measureAndReport);
else await measureAndReport();

async function measureAndReport() {
  const runQueue = openRunQueue();
  await awaitMany(awaits / 10);
  const waitBefore = runQueue.waitNs();
  const begin = performance.now();
  await awaitMany(awaits);
  const wallNs = (performance.now() - begin) * 1e6;
  reportAndExit({ nsPerAwait: (wallNs - (runQueue.waitNs() - waitBefore)) / awaits });
}

async function awaitMany(count) {
  for (let done = 0; done < count; done++) await leaf();
}

async function leaf() {}
