// pino's mixin is asked for every line, in the context of the line.
import { register } from '@tickscope/sdk';
import { pino } from 'pino';

const scope = register({ service: 'pino-bot', stages: ['fetch_md', 'emit'], deadlineMs: 50 });
const log = pino({ base: null, mixin: () => scope.logFields() });

log.info('started');
await scope.tick({ symbol: 'BTC-USD' }, async (tick) => {
  await tick.stage('fetch_md', () => new Promise((resolve) => setTimeout(resolve, 1)));
  log.info({ symbol: 'BTC-USD' }, 'quoted');
});

// Without an ambient tick, a logger per tick: children are cheap in pino.
const tick = scope.begin({ symbol: 'ETH-USD' });
log.child(tick.logFields()).info({ symbol: 'ETH-USD' }, 'quoted');
tick.end();
await scope.shutdown();
