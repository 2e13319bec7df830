import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quantile } from './statistics.mjs';

const example = (path) => fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));

/**
 * Starts the simulated exchange, for a seed always the same market. The scenario has no faults, frequent updates and
 * nearly constant latency: with the usual spread of latencies the quantiles of a short run differ by several
 * percent between two runs of the same bot.
 */
export async function startExchange(seed) {
  const child = spawn(
    process.execPath,
    [
      example('sim-exchange/dist/main.js'),
      ...['--port', '0', '--seed', String(seed), '--stop-with-stdin'],
      ...['--scenario', fileURLToPath(new URL('../scenarios/steady.json', import.meta.url))],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), endedEarly(child, 'the exchange')]);
  return {
    address: JSON.parse(line).address,
    async stop() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

/** Runs the example bot with or without instrumentation and resolves with what its own journal says. */
export async function runBot({ node, variant, address, seconds, environment = {} }) {
  const folder = await mkdtemp(join(tmpdir(), 'tickscope-bench-bot-'));
  const [journalFile, reportFile] = ['journal.json', 'report.json'].map((name) => join(folder, name));
  const script = variant === 'instrumented' ? 'main.js' : 'main-bare.js';
  try {
    const child = spawn(
      node,
      [
        example(`market-maker/dist/${script}`),
        ...['--exchange', address, '--seconds', String(seconds)],
        ...['--log', journalFile, '--report', reportFile],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...environment } },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), (seconds + 30) * 1000);
    const [code, signal] = await once(child, 'exit');
    clearTimeout(timer);
    if (code !== 0) throw new Error(`the bot (${variant}) ended with ${signal ?? code}`);
    const { ticks } = JSON.parse(await readFile(journalFile, 'utf8'));
    const { cpuMillis } = JSON.parse(await readFile(reportFile, 'utf8'));
    return summarizeTicks(ticks, cpuMillis);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first seconds are the compiler's, and the worker's start. */
const WARM_UP_MILLIS = 2_000;

function summarizeTicks(ticks, cpuMillis) {
  const from = ticks[0].startMillis + WARM_UP_MILLIS;
  const durations = ticks
    .filter(({ startMillis }) => startMillis >= from)
    .map(({ startMillis, endMillis }) => endMillis - startMillis);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(durations, share));
  return { ticks: durations.length, p50, p95, p99, cpuMillisPerTick: cpuMillis / ticks.length };
}

async function endedEarly(child, what) {
  const [code] = await once(child, 'exit');
  throw new Error(`${what} ended with ${code} before it was ready`);
}
