/**
 * Ticks of every kind in a known mix, and for each one the bot's own account of it: identity, own clock reads, and what
 * it did. The account is written at the end, so that keeping it costs the ticks nothing but a push.
 */
import { register } from '@tickscope/sdk';
import { report, spin, untilInputEnds } from './work.js';

const DEADLINE_MS = 2;
const TICKS = 4_000;

const scope = register({
  service: 'mixed',
  resource: { 'deployment.environment.name': 'test' },
  stages: ['fetch_md', 'spread', 'guards', 'emit'],
  guardReasons: ['stale_book', 'max_position'],
  deadlineMs: DEADLINE_MS,
  sampleRatio: 0.2,
  prometheus: { port: 0 },
});
report({ deadlineMs: DEADLINE_MS, address: (await scope.address) ?? null });

interface Account {
  readonly traceId: string;
  readonly style: 'lap' | 'callback';
  /** Clock reads just inside and just outside the tick: its length lies between, whatever interrupts the thread. */
  readonly innerMillis: number;
  readonly outerMillis: number;
  readonly trips: readonly string[];
  readonly failed: boolean;
}
const accounts: Account[] = [];

for (let i = 0; i < TICKS; i++) {
  const slow = i % 97 === 5;
  const trips = i % 53 === 7 ? ['stale_book', 'max_position'] : i % 31 === 3 ? ['stale_book'] : [];
  const failed = i % 89 === 11;
  if (i % 4 === 0) await callbackTick(slow, trips, failed);
  else lapTick(slow, trips, failed);
  // Leaves room for the pipeline and for this thread's own input and output.
  if (i % 50 === 49) await new Promise(setImmediate);
}

for (const account of accounts) report({ ...account });
report({ done: accounts.length });
await untilInputEnds();

function lapTick(slow: boolean, trips: readonly string[], failed: boolean): void {
  const before = performance.now();
  const tick = scope.begin({ symbol: 'BTC-USD' });
  const begun = performance.now();
  tick.lap('fetch_md');
  if (slow) spin(DEADLINE_MS * 1.2);
  tick.lap('spread');
  for (const trip of trips) tick.guardTrip(trip as 'stale_book');
  tick.lap('guards');
  tick.lap('emit');
  const { traceId } = tick.spanContext();
  const ending = performance.now();
  if (failed) tick.fail(new Error('rejected by the venue'));
  else tick.end();
  const outerMillis = performance.now() - before;
  accounts.push({ traceId, style: 'lap', innerMillis: ending - begun, outerMillis, trips, failed });
}

async function callbackTick(slow: boolean, trips: readonly string[], failed: boolean): Promise<void> {
  let traceId = '';
  let begun = 0;
  let ending = 0;
  const before = performance.now();
  try {
    await scope.tick({ symbol: 'ETH-USD' }, async (tick) => {
      begun = performance.now();
      traceId = tick.spanContext().traceId;
      await Promise.all([
        tick.stage('fetch_md', async (stage) => {
          await stage.stage('book', async () => {});
        }),
        tick.stage('spread', async () => {
          if (slow) spin(DEADLINE_MS * 1.2);
        }),
      ]);
      tick.stage('guards', (guards) => {
        guards.stage('position', () => {
          for (const trip of trips) tick.guardTrip(trip as 'stale_book');
        });
      });
      tick.stage('emit', () => {
        ending = performance.now();
        if (failed) throw new Error('rejected by the venue');
      });
    });
  } catch {}
  const outerMillis = performance.now() - before;
  accounts.push({ traceId, style: 'callback', innerMillis: ending - begun, outerMillis, trips, failed });
}
