// The wrapper adds the fields while the line is logged. A format would run too late under load.
import { register } from '@tickscope/sdk';
import { withTickFields } from '@tickscope/sdk/winston';
import { createLogger, format, transports } from 'winston';

const log = withTickFields(createLogger({ format: format.json(), transports: [new transports.Console()] }));
const scope = register({ service: 'winston-bot', stages: ['fetch_md', 'emit'], deadlineMs: 50 });

log.info('started');
await scope.tick({ symbol: 'BTC-USD' }, async (tick) => {
  await tick.stage('fetch_md', () => new Promise((resolve) => setTimeout(resolve, 1)));
  log.info('quoted', { symbol: 'BTC-USD' });
});

const tick = scope.begin({ symbol: 'ETH-USD' });
log.info('quoted', { symbol: 'ETH-USD', ...tick.logFields() });
tick.end();
await scope.shutdown();
