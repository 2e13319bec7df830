/** A bot that configures no port, or the one of its first argument; ticks once in a while until its input ends. */
import { register } from '@tickscope/sdk';
import { report, untilInputEnds } from './work.js';

const [port] = process.argv.slice(2);

const scope = register({
  service: 'default-port',
  stages: ['fetch_md'],
  ...(port === undefined ? {} : { prometheus: { port: Number(port) } }),
});
const tick = scope.begin();
tick.lap('fetch_md');
tick.end();
report({ address: (await scope.address) ?? null });
await untilInputEnds();
