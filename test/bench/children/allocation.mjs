/**
 * Scavenges of the main isolate while a case runs hot. The parent fixes the semi-space size, so that
 * scavenges × semi-space / ticks is what a tick allocates. Argument: { module, options, ticks, warmUpTicks,
 * burstTicks }; a burst ends with a turn of the event loop.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { childArgument, reportAndExit } from '../lib/child.mjs';

const { module, options, ticks, warmUpTicks, burstTicks } = childArgument();
const { tick } = await (await import(`../cases/${module}.mjs`)).create(options);
const isAsync = options?.style === 'awaited';

let scavenges = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) scavenges++;
  }
}).observe({ entryTypes: ['gc'] });

let index = 0;
await run(warmUpTicks);
await pause(50);
scavenges = 0;
await run(ticks);
await pause(50);
reportAndExit({ scavenges, ticks });

async function run(count) {
  for (let done = 0; done < count; done += burstTicks) {
    if (isAsync) await asyncBurst();
    else burst();
    await turn();
  }
}

function burst() {
  for (const end = index + burstTicks; index < end; index++) tick(index);
}

async function asyncBurst() {
  for (const end = index + burstTicks; index < end; index++) await tick(index);
}
