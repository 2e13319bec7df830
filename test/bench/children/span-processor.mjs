/**
 * Processor time that the trading thread spends on a span in all: making it, handing it over, and, where that is this
 * thread's work, encoding and sending it. Argument: { module, options, bursts, warmUpBursts, ticksPerBurst }.
 * After every burst the spans are let go, and a pause is the same for all.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { threadCpuNs } from '../lib/run-queue.mjs';

const SPANS_PER_TICK = 5;
/** Long enough for a worker on a busy machine; a poll for its end would be what is measured. */
const PAUSE_MILLIS = 40;

const { module, options, bursts, warmUpBursts, ticksPerBurst } = childArgument();
const subject = await (await import(`../cases/${module}.mjs`)).create(options);
let index = 0;
await run(warmUpBursts);
const before = threadCpuNs();
await run(bursts);
let mainNs = 0;
let othersNs = 0;
for (const [thread, nanos] of threadCpuNs()) {
  const spent = nanos - (before.get(thread) ?? 0);
  if (thread === process.pid) mainNs += spent;
  else othersNs += spent;
}
const spans = bursts * ticksPerBurst * SPANS_PER_TICK;
reportAndExit({
  mainNsPerSpan: mainNs / spans,
  othersNsPerSpan: othersNs / spans,
  lost: await subject.lost(),
});

async function run(count) {
  for (let burst = 0; burst < count; burst++) {
    for (const end = index + ticksPerBurst; index < end; index++) subject.tick(index);
    await subject.settle();
    await pause(PAUSE_MILLIS);
  }
}
