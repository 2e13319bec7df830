/**
 * One producer at a rate, or flat out, and then the books: what the product publishes is compared with a count
 * that this process keeps by itself from the same clock reads, and the loss ledger must balance.
 * Argument: { options, ticksPerSecond (null: flat out), idleMillis, millis }.
 */
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { STAGES, tripsGuard } from '../cases/workload.mjs';
import { childArgument, reportAndExit } from '../lib/child.mjs';
import { histogramBuckets, sampleValue, sumOf } from '../lib/exposition.mjs';

const READS_PER_TICK = 6;
const SPANS_PER_TICK = 5;
const SERIES = [...STAGES, 'tick_total'];

const { options, ticksPerSecond, idleMillis, millis } = childArgument();

// Every clock read of a tick is noted here before the product sees it: the count kept below is from its numbers.
const reads = new Float64Array(16);
let readCount = 0;
const clock = performance.now.bind(performance);
performance.now = () => {
  const now = clock();
  reads[readCount++ & 15] = now;
  return now;
};

const { tick, scope } = await (await import('../cases/tickscope.mjs')).create({ ...options, style: 'lap' });
const address = await scope.address;
const bounds = histogramBuckets(await exposition(), 'mm_stage_duration_ms', { stage: 'emit' }).map(
  ({ le }) => le,
);
const counts = SERIES.map(() => new Float64Array(bounds.length));
let ticks = 0;
let trips = 0;

await pause(idleMillis);
const begin = clock();
if (ticksPerSecond === null) await produceFlatOut();
else await produceAtRate();
const elapsedMillis = clock() - begin;

const ledger = await settledLedger();
const text = await exposition();
const mismatches = [
  ...SERIES.flatMap((stage, series) => bucketMismatches(stage, counts[series])),
  ...mismatch('mm_ticks_total, summed', ticks, sumOf(text, 'mm_ticks_total')),
  ...mismatch('mm_guard_trips_total, summed', trips, sumOf(text, 'mm_guard_trips_total')),
  ...mismatch('spans recorded', ticks * SPANS_PER_TICK, ledger.recorded),
  ...mismatch('spans accounted for', ledger.recorded, accountedFor(ledger)),
];
reportAndExit({
  ticks,
  ticksPerSecond: ticks / (elapsedMillis / 1000),
  mismatches,
  lostTicks: (ledger.dropped.ring_full ?? 0) / SPANS_PER_TICK,
  dropped: ledger.dropped,
  longestDrainGapSeconds: sampleValue(text, 'tickscope_drain_gap_seconds', {}),
});

async function produceFlatOut() {
  while (clock() - begin < millis) {
    for (let count = 0; count < 10_000; count++) tickAndCount();
    await turn();
  }
}

async function produceAtRate() {
  for (let now = clock(); now - begin < millis; now = clock()) {
    for (const due = Math.floor(((now - begin) * ticksPerSecond) / 1000); ticks < due; ) tickAndCount();
    await turn();
  }
}

function tickAndCount() {
  const first = readCount;
  tick(ticks);
  // A guard trip reads the clock once more, before the last lap, to say when it happened.
  const trip = tripsGuard(ticks) ? 1 : 0;
  if (readCount - first !== READS_PER_TICK + trip)
    throw new Error(`a tick read the clock ${readCount - first} times`);
  const read = (lap) => reads[(first + lap + (lap > 3 ? trip : 0)) & 15];
  for (let stage = 0; stage < STAGES.length; stage++) count(stage, read(stage + 1) - read(stage));
  count(STAGES.length, read(5) - read(0));
  trips += trip;
  ticks++;
}

function count(series, duration) {
  let bucket = 0;
  while (duration > bounds[bucket]) bucket++;
  counts[series][bucket]++;
}

function bucketMismatches(stage, own) {
  let cumulative = 0;
  return histogramBuckets(text, 'mm_stage_duration_ms', { stage }).flatMap(({ le, value }, index) => {
    cumulative += own[index];
    return mismatch(`mm_stage_duration_ms_bucket{stage="${stage}",le="${le}"}`, cumulative, value);
  });
}

function mismatch(what, expected, actual) {
  return expected === actual ? [] : [`${what}: counted ${expected}, published ${actual}`];
}

function accountedFor({ exported, notExported, sampledOut, dropped, inFlight }) {
  const sum = (byReason) => Object.values(byReason).reduce((total, value) => total + value, 0);
  return exported + notExported + sampledOut + sum(dropped) + sum(inFlight);
}

/** The ledger once nothing is under way any more, or as it stands after ten seconds. */
async function settledLedger() {
  await scope.flush();
  const deadline = clock() + 10_000;
  for (;;) {
    const { ledger } = await (await fetch(`${address}/api/snapshot`)).json();
    const isSettled = Object.values(ledger.inFlight).every((value) => value === 0);
    if ((isSettled && ledger.recorded === ticks * SPANS_PER_TICK) || clock() > deadline) return ledger;
    await pause(100);
  }
}

async function exposition() {
  return (await fetch(`${address}/metrics`)).text();
}
