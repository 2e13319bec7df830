/**
 * 500 ticks per second for the given number of seconds, each doing about 0.2 ms of work, every tick traced. Says how long
 * its ticks took by its own clock and how much memory the process came to hold; then waits for its input to end.
 */
import { register } from '@tickscope/sdk';
import { pause, report, spin, untilInputEnds } from './work.js';

const seconds = Number(process.argv[2]);

const scope = register({
  service: 'paced',
  stages: ['fetch_md', 'spread', 'guards', 'emit'],
  deadlineMs: 1_000,
  sampleRatio: 1,
  prometheus: { port: 0 },
  exportQueue: { maxSpans: 2_048, batchSpans: 256, scheduledDelayMs: 200 },
  otlp: { timeoutMs: 1_000 },
  flushTimeoutMs: 1_000,
});
report({ address: (await scope.address) ?? null });

const ownMillis: number[] = [];
let peakRssBytes = 0;
const end = performance.now() + seconds * 1000;
while (performance.now() < end) {
  const start = performance.now();
  const tick = scope.begin({ symbol: 'BTC-USD' });
  for (const stage of ['fetch_md', 'spread', 'guards', 'emit'] as const) {
    spin(0.05);
    tick.lap(stage);
  }
  tick.end();
  ownMillis.push(performance.now() - start);
  if (ownMillis.length % 100 === 0) peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  await pause(2);
}

ownMillis.sort((a, b) => a - b);
report({
  ticks: ownMillis.length,
  medianMillis: ownMillis[Math.floor(ownMillis.length * 0.5)],
  p90Millis: ownMillis[Math.floor(ownMillis.length * 0.9)],
  peakRssBytes,
});
await untilInputEnds();
