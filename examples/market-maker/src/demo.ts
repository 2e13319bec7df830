import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildError } from './demo/child.js';
import { DEMO_USAGE, type DemoOptions, parseDemoOptions } from './demo/demo-options.js';
import { LiveSummary } from './demo/live-summary.js';
import { type Outcome, Session } from './demo/session.js';
import { renderTable, tableOf } from './demo/table.js';
import { UsageError } from './options.js';

const POLL_INTERVAL_MS = 500;
const DEFAULT_PORT = '9464';

/** Ctrl-C and its like, one at a time: the first ends the run, the next the lingering. */
class Interrupts {
  #controller = new AbortController();

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.#controller.abort());
    }
  }

  /** Waits, or returns early when interrupted. Without a time: until interrupted. */
  async wait(seconds: number | undefined): Promise<void> {
    const { signal } = this.#controller;
    const millis = seconds === undefined ? 2 ** 31 - 1 : seconds * 1000;
    await sleep(millis, undefined, { signal }).catch(() => {});
  }

  get interrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Forgets an interrupt that has had its effect. */
  reset(): void {
    this.#controller = new AbortController();
  }
}

async function demo(options: DemoOptions): Promise<void> {
  const interrupts = new Interrupts();
  const session = await Session.start(options);
  let isComplete = false;
  try {
    introduce(session, options);
    if (options.hold) await Promise.race([hold(session, interrupts), session.failure()]);
    const startedAt = performance.now();
    await Promise.race([watch(session, options, interrupts), session.failure()]);
    interrupts.reset();
    const seconds = (performance.now() - startedAt) / 1000;
    console.log('\nMarket halted: cancelling, reconciling, exporting what is left.');
    const outcome = await session.quiesce();
    console.log(`\nAfter ${seconds.toFixed(1)} s${renderTable(tableOf(outcome.snapshot))}`);
    if (options.report !== undefined) writeReport(options.report, session, outcome, seconds);
    if (options.lingerSeconds > 0) {
      console.log(
        `\n${session.addresses.telemetry} stays up for ${options.lingerSeconds} s (Ctrl-C ends it)`,
      );
      await Promise.race([interrupts.wait(options.lingerSeconds), session.failure()]);
    }
    isComplete = true;
  } finally {
    const { code, signal } = await session.stop();
    if (isComplete && code !== 0) {
      process.exitCode = 1;
      console.error(`the bot ended with ${signal ?? `status ${code}`}\n${session.warnings}`);
    }
  }
}

function introduce(
  { addresses, scenario, symbols, warnings }: Session,
  { seconds, seed }: DemoOptions,
): void {
  const { telemetry, exchange } = addresses;
  const port = new URL(telemetry).port;
  const otlp = process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (warnings !== '') console.error(warnings.trimEnd());
  const isPortChosen = process.env.METRICS_PORT ?? process.env.OTEL_EXPORTER_PROMETHEUS_PORT;
  if (port !== DEFAULT_PORT && !isPortChosen) console.log(`Port ${DEFAULT_PORT} is taken: using ${port}.`);
  console.log(`Dashboard  ${telemetry}/dashboard`);
  console.log(`Metrics    ${telemetry}/metrics`);
  console.log(
    `Traces     ${otlp ? `to ${otlp}` : 'on the dashboard; OTEL_EXPORTER_OTLP_ENDPOINT sends them on'}`,
  );
  console.log(`Exchange   ${exchange} (seed ${seed}, scenario ${scenario}, ${symbols.length} symbols)`);
  console.log(`Runs       ${seconds === undefined ? 'until Ctrl-C' : `for ${seconds} s`}\n`);
}

/** Trading waits for Enter, for the end of standard input, or for an interrupt, which ends the run at once. */
async function hold(session: Session, interrupts: Interrupts): Promise<void> {
  console.log('Held       Enter begins\n');
  const { stdin } = process;
  const pressed = new Promise((resolve) => stdin.once('data', resolve).once('end', resolve));
  await Promise.race([pressed, interrupts.wait(undefined)]);
  stdin.pause();
  await session.release();
}

/** Shows the run until its time is up or it is interrupted. */
async function watch(session: Session, { seconds }: DemoOptions, interrupts: Interrupts): Promise<void> {
  const summary = new LiveSummary(process.stdout);
  const startedAt = performance.now();
  while (!interrupts.interrupted) {
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    const leftSeconds = (seconds ?? Number.POSITIVE_INFINITY) - elapsedSeconds;
    if (leftSeconds <= 0) break;
    summary.show(await session.snapshot(), { elapsedSeconds, totalSeconds: seconds });
    await interrupts.wait(Math.min(POLL_INTERVAL_MS / 1000, leftSeconds));
  }
  summary.clear();
}

function writeReport(file: string, session: Session, outcome: Outcome, seconds: number): void {
  const { addresses, scenario, symbols } = session;
  const table = tableOf(outcome.snapshot);
  writeFileSync(file, JSON.stringify({ addresses, scenario, symbols, seconds, table, ...outcome }));
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.stdout.isTTY === true);
  if (options === 'help') console.log(DEMO_USAGE);
  else await demo(options);
} catch (error) {
  const isUsage = error instanceof UsageError;
  const isUnusableInput = error instanceof ChildError && error.exit?.code === 2;
  console.error(
    error instanceof ChildError ? error.message : isUsage ? `${error.message}\n\n${DEMO_USAGE}` : error,
  );
  process.exitCode = isUsage || isUnusableInput ? 2 : 1;
}
// Idle keep-alive connections to the children would hold the process for seconds.
process.exit();
