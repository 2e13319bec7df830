import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startExchange } from './exchange.js';
import { loadScenario, ScenarioError } from './scenario.js';

const USAGE = `A simulated exchange.

  node dist/main.js [--port 0] [--seed 1] [--scenario FILE] [--stop-with-stdin]

  --port             port on 127.0.0.1; 0, the default, takes a free one
  --seed             integer from 0 to 2^32 - 1; the market is a function of it
  --scenario         JSON file; scenarios/default.json is the default, scenarios/calm.json has no faults
  --stop-with-stdin  stop when standard input ends, as it does when the parent process dies

Prints one line of JSON with its address when it is ready; stops on SIGTERM or SIGINT.`;

class UsageError extends Error {}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      scenario: {
        type: 'string',
        default: fileURLToPath(new URL('../scenarios/default.json', import.meta.url)),
      },
      'stop-with-stdin': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const port = integer('--port', values.port, 65_535);
  const seed = integer('--seed', values.seed, 2 ** 32 - 1);
  const scenario = loadScenario(values.scenario);
  const exchange = await startExchange(scenario, seed, port);

  const stop = () => void exchange.close().then(() => process.stdin.destroy());
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (values['stop-with-stdin']) process.stdin.resume().once('end', stop).once('error', stop);

  const { address } = exchange;
  const { name, symbols } = scenario;
  console.log(JSON.stringify({ event: 'ready', address, seed, scenario: name, symbols, pid: process.pid }));
}

function integer(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) {
    throw new UsageError(`${option}: expected an integer from 0 to ${max}, got "${text}"`);
  }
  return value;
}

main().catch((error: NodeJS.ErrnoException) => {
  const isUsage =
    error instanceof UsageError ||
    error instanceof ScenarioError ||
    error.code?.startsWith('ERR_PARSE_ARGS') === true;
  console.error(isUsage ? error.message : error);
  if (isUsage && !(error instanceof ScenarioError)) console.error(`\n${USAGE}`);
  process.exitCode = isUsage ? 2 : 1;
});
