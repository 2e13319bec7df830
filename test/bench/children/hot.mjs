/**
 * Nanoseconds per tick in a hot loop. Argument: { module, options, ticks, warmUpTicks, burstTicks, rest }.
 * Between bursts the loop rests: `turn` is one turn of the event loop (what lets a batch processor export),
 * a number is a pause in milliseconds (what lets a reader on another thread catch up). Rests are not timed,
 * except `turn`, which is where the stock SDK does its share of the work on this thread.
 */
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { openRunQueue } from '../lib/run-queue.mjs';

const { module, options, ticks, warmUpTicks, burstTicks, rest } = childArgument();
const subject = await (await import(`../cases/${module}.mjs`)).create(options);
const tick = subject.tick;
const isAsync = options?.style === 'awaited';
const runQueue = openRunQueue();

let index = 0;
await run(warmUpTicks);
const result = await run(ticks);
reportAndExit(result);

async function run(count) {
  let wallNs = 0;
  let waitNs = 0;
  for (let done = 0; done < count; done += burstTicks) {
    const waitBefore = runQueue.waitNs();
    const begin = performance.now();
    if (isAsync) await asyncBurst();
    else burst();
    subject.afterBurst?.();
    if (rest === 'turn') await turn();
    wallNs += (performance.now() - begin) * 1e6;
    waitNs += runQueue.waitNs() - waitBefore;
    if (typeof rest === 'number') await pause(rest);
  }
  return { nsPerTick: (wallNs - waitNs) / count, wallNsPerTick: wallNs / count };
}

function burst() {
  for (const end = index + burstTicks; index < end; index++) tick(index);
}

async function asyncBurst() {
  for (const end = index + burstTicks; index < end; index++) await tick(index);
}
