/**
 * Ticks on five symbols and on none, every fifth of which is late. Arguments: `apart` to tell symbols apart (three at
 * most), the number of rounds, the port. Says when the rounds are over; then waits for its input to end.
 */
import { register } from '@tickscope/sdk';
import { pause, report, untilInputEnds } from './work.js';

const [apart, rounds, port] = process.argv.slice(2);

const scope = register({
  service: 'symbols',
  stages: ['fetch_md', 'emit'],
  deadlineMs: 200,
  sampleRatio: 0,
  prometheus: { port: Number(port) },
  ...(apart === 'apart' && { symbolLabel: true, symbolLabelLimit: 3 }),
});
report({ address: (await scope.address) ?? null });

for (let round = 0; round < Number(rounds); round++) {
  for (const symbol of ['A', 'B', 'C', 'D', 'E', undefined]) {
    // A tick's time is mostly before its begin, so that it lies in the bucket that is meant.
    const ticks = symbol === 'A' ? 40 : 20;
    for (let n = 0; n < ticks; n++) {
      const waited = n % 5 === 0 ? 300 : 30;
      const tick = scope.begin({
        startedAt: performance.now() - waited,
        ...(symbol !== undefined && { symbol }),
      });
      tick.lap('fetch_md');
      tick.lap('emit');
      tick.end();
    }
  }
  await pause(50);
}
report({ done: true });
await untilInputEnds();
