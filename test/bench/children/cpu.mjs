/**
 * Processor time of the trading thread and of everything else in the process while ticks come from a timer and
 * the thread sleeps in between. Argument: { module, options, ticksPerSecond, warmUpMillis, millis }.
 */
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { threadCpuNs } from '../lib/run-queue.mjs';

const { module, options, ticksPerSecond, warmUpMillis, millis } = childArgument();
const { tick } = await (await import(`../cases/${module}.mjs`)).create(options);

const begin = performance.now();
let ticks = 0;
let before;
let ticksBefore = 0;
const timer = setInterval(() => {
  const elapsed = performance.now() - begin;
  for (const due = Math.floor((elapsed * ticksPerSecond) / 1000); ticks < due; ticks++) tick(ticks);
  if (before === undefined && elapsed >= warmUpMillis) {
    before = { at: performance.now(), threads: threadCpuNs() };
    ticksBefore = ticks;
  }
  if (elapsed < warmUpMillis + millis) return;
  clearInterval(timer);
  const wallNs = (performance.now() - before.at) * 1e6;
  let mainNs = 0;
  let othersNs = 0;
  for (const [thread, nanos] of threadCpuNs()) {
    const spent = nanos - (before.threads.get(thread) ?? 0);
    if (thread === process.pid) mainNs += spent;
    else othersNs += spent;
  }
  reportAndExit({
    mainNsPerTick: mainNs / (ticks - ticksBefore),
    mainShare: mainNs / wallNs,
    othersShare: othersNs / wallNs,
  });
}, 1);
