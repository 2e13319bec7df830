/**
 * Nanoseconds per tick when a timer brings one tick a millisecond and caches have cooled in between: read around
 * each tick, which adds one clock read to every figure.
 * Argument: { module, options, ticks, warmUpTicks, settleTicks }; warm-up ticks run hot, to get the code compiled,
 * settling ticks are cold ones that are not counted.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { quantile } from '../lib/statistics.mjs';

const { module, options, ticks, warmUpTicks, settleTicks } = childArgument();
const { tick } = await (await import(`../cases/${module}.mjs`)).create(options);

let index = 0;
while (index < warmUpTicks) {
  for (const end = index + 400; index < end; index++) tick(index);
  await turn();
}

const durations = new Float64Array(ticks);
let measured = -settleTicks;
const timer = setInterval(() => {
  const begin = performance.now();
  tick(index++);
  const end = performance.now();
  if (measured >= 0) durations[measured] = (end - begin) * 1e6;
  if (++measured < ticks) return;
  clearInterval(timer);
  reportAndExit({ medianNs: quantile(durations, 0.5), p95Ns: quantile(durations, 0.95) });
}, 1);
