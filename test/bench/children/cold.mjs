/**
 * Nanoseconds per tick when a timer brings one tick a millisecond and caches have cooled in between: read around
 * each tick, which adds one clock read to every figure. Argument: { module, options, ticks, warmUpTicks }.
 */
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { quantile } from '../lib/statistics.mjs';

const { module, options, ticks, warmUpTicks } = childArgument();
const { tick } = await (await import(`../cases/${module}.mjs`)).create(options);

const durations = new Float64Array(ticks);
let index = -warmUpTicks;
const timer = setInterval(() => {
  const begin = performance.now();
  tick(index + warmUpTicks);
  const end = performance.now();
  if (index >= 0) durations[index] = (end - begin) * 1e6;
  if (++index < ticks) return;
  clearInterval(timer);
  reportAndExit({ medianNs: quantile(durations, 0.5), p95Ns: quantile(durations, 0.95) });
}, 1);
