/**
 * Ticks for a moment, then occupies its thread for two seconds without once returning to the event loop: outside any
 * tick, inside one (in lap, start or callback style), or with ticks.
 */
import { register } from '@tickscope/sdk';
import { pause, report, spin, untilInputEnds } from './work.js';

const BLOCK_MS = 2_000;
const DEADLINE_MS = 50;
const [place] = process.argv.slice(2);

const scope = register({
  service: 'blocked',
  stages: ['fetch_md', 'spread', 'guards', 'emit'],
  deadlineMs: DEADLINE_MS,
  sampleRatio: 0.1,
  prometheus: { port: 0 },
});
report({ address: (await scope.address) ?? null, deadlineMs: DEADLINE_MS });

function quickTick(): void {
  const tick = scope.begin({ symbol: 'BTC-USD' });
  tick.lap('fetch_md');
  tick.lap('spread');
  tick.end();
}

for (let i = 0; i < 100; i++) {
  quickTick();
  await pause(1);
}

function block(traceId: string | null): void {
  report({ blockedSinceUnixMillis: Date.now(), traceId });
  if (place === 'ticking') {
    const end = performance.now() + BLOCK_MS;
    while (performance.now() < end) {
      quickTick();
      spin(0.5);
    }
  } else spin(BLOCK_MS);
  report({ unblocked: true });
}

switch (place) {
  case 'outside':
  case 'ticking':
    block(null);
    break;
  case 'lap': {
    const tick = scope.begin({ symbol: 'ETH-USD' });
    tick.lap('fetch_md');
    block(tick.spanContext().traceId);
    tick.lap('spread');
    tick.end();
    break;
  }
  case 'start': {
    const tick = scope.begin({ symbol: 'ETH-USD' });
    tick.start('fetch_md').end();
    const stage = tick.start('spread');
    block(tick.spanContext().traceId);
    stage.end();
    tick.end();
    break;
  }
  case 'callback':
    scope.tick({ symbol: 'ETH-USD' }, (tick) => {
      tick.stage('fetch_md', () => {});
      tick.stage('spread', () => block(tick.spanContext().traceId));
    });
    break;
  default:
    throw new Error(`unknown place: ${place}`);
}
await untilInputEnds();
