/**
 * Records 10 000 ticks without yielding once, leaves three open, and ends in the way its first argument names; with
 * `after-boot` as the second, only when its pipeline is up.
 */
import { register } from '@tickscope/sdk';
import { pause, report } from './work.js';

const [way, moment] = process.argv.slice(2);

// A bot's own way down, set up before anything else, that takes a moment.
if (way === 'own-once-listener') {
  process.once('SIGTERM', async () => {
    await pause(200);
    process.exit(6);
  });
}

const scope = register({
  service: 'exiting',
  stages: ['fetch_md', 'spread', 'guards', 'emit'],
  sampleRatio: 1,
  maxKeptSpansPerSecond: 10_000_000,
  prometheus: { port: 0 },
  // Delivery is what counts here, on machines of any speed; how long exit may take is tested elsewhere.
  flushTimeoutMs: 20_000,
});

if (way === 'own-listener') process.on('SIGTERM', () => process.exit(5));
if (moment === 'after-boot') await scope.address;

const ticks = 10_000;
for (let i = 0; i < ticks; i++) {
  const tick = scope.begin({ symbol: 'BTC-USD' });
  tick.lap('fetch_md');
  tick.lap('spread');
  tick.lap('guards');
  tick.lap('emit');
  tick.end();
}
scope.begin({ symbol: 'OPEN-LAP' }).lap('fetch_md');
scope.begin({ symbol: 'OPEN-START' }).start('fetch_md').start('book');
scope.begin({ symbol: 'OPEN-BARE' });
report({ ticks, spans: ticks * 5 });

switch (way) {
  case 'process.exit':
    process.exit(7);
    break;
  case 'throw':
    setImmediate(() => {
      throw new Error('the bot is broken');
    });
    break;
  case 'SIGTERM':
  case 'SIGINT':
    setInterval(() => {}, 1000);
    process.kill(process.pid, way);
    break;
  case 'own-listener':
  case 'own-once-listener':
    setInterval(() => {}, 1000);
    process.kill(process.pid, 'SIGTERM');
    break;
  case 'naturally':
    break;
  default:
    throw new Error(`unknown way to end: ${way}`);
}
