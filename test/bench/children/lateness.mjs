/**
 * One block of loop lateness: the thread spins through event-loop turns, every millisecond a slot is due, and a
 * slot runs its share of ticks. A slot's lateness is measured against the fixed schedule, so one long pause makes
 * all the slots it covered late. Slots during which the kernel kept the thread waiting for a processor are
 * reported apart: that was the machine, not the library.
 * Argument: { module, options, ticksPerSlot, warmUpSlots, slots }.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { openRunQueue } from '../lib/run-queue.mjs';
import { quantile } from '../lib/statistics.mjs';

const { module, options, ticksPerSlot, warmUpSlots, slots } = childArgument();
const idleRssBytes = process.memoryUsage.rss();
const subject = await (await import(`../cases/${module}.mjs`)).create(options);
const { tick } = subject;

const runQueue = openRunQueue();
const lateness = new Float64Array(slots);
const preempted = new Uint8Array(slots);
let gcMillis = 0;
let measuring = false;
new PerformanceObserver((list) => {
  if (measuring) for (const entry of list.getEntries()) gcMillis += entry.duration;
}).observe({ entryTypes: ['gc'] });

const idle = calibratedIdle();
let index = 0;
let slot = -warmUpSlots;
let due = performance.now() + 1;
let waitBefore = runQueue.waitNs();
// Every slot that was due by the end of a wait is the wait's, not only the first one after it.
let waitedUntil = 0;
let busyMillis = 0;
let measuredSince = 0;
setImmediate(spin);

function spin() {
  const now = performance.now();
  idle.upTo(due - now - 0.01);
  if (now >= due) {
    // One slot per turn: what the library queued for the event loop gets its turn between late slots, too.
    const waited = runQueue.waitNs();
    if (waited > waitBefore) {
      waitBefore = waited;
      waitedUntil = now;
    }
    if (slot === 0) {
      measuring = true;
      measuredSince = now;
    }
    if (slot >= 0) {
      lateness[slot] = now - due;
      preempted[slot] = due <= waitedUntil ? 1 : 0;
    }
    const begin = performance.now();
    for (let count = 0; count < ticksPerSlot; count++) tick(index++);
    if (slot >= 0) busyMillis += performance.now() - begin;
    slot++;
    due++;
    if (slot === slots) return finish();
  }
  setImmediate(spin);
}

function finish() {
  const elapsedMillis = performance.now() - measuredSince;
  const undisturbed = lateness.filter((_, position) => preempted[position] === 0);
  const summary = (values) => ({
    slots: values.length,
    p99: quantile(values, 0.99),
    p999: quantile(values, 0.999),
    max: values.length === 0 ? Number.NaN : Math.max(...values),
  });
  // Entries of the last pauses are delivered in a later turn.
  setTimeout(() => {
    reportAndExit({
      undisturbed: summary(undisturbed),
      all: summary(lateness),
      gcShare: gcMillis / elapsedMillis,
      inTicksNsPerTick: (busyMillis * 1e6) / (slots * ticksPerSlot),
      idleRssMiB: idleRssBytes / 2 ** 20,
      peakRssMiB: process.resourceUsage().maxRSS / 1024,
    });
  }, 20);
}

/**
 * Arithmetic that passes a span of time, 50 µs at most, without reading a clock. Turns of the event loop at full
 * speed allocate enough to collect garbage a hundred times a second, and so do clock reads on Node 20: that
 * would be the benchmark's lateness and not the library's.
 */
function calibratedIdle() {
  const state = new Int32Array(1);
  const spinFor = (iterations) => {
    let mixed = state[0];
    for (let count = 0; count < iterations; count++) mixed = (Math.imul(mixed, 1664525) + 1013904223) | 0;
    state[0] = mixed;
  };
  const probe = 200_000;
  const speeds = Array.from({ length: 30 }, () => {
    const begin = performance.now();
    spinFor(probe);
    return (performance.now() - begin) / probe;
  });
  const millisPerIteration = quantile(speeds, 0.5);
  return {
    upTo(millis) {
      if (millis > 0) spinFor(Math.round(Math.min(millis, 0.05) / millisPerIteration));
    },
  };
}
