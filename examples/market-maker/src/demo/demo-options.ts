import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { positive, UsageError } from '../options.js';

export interface DemoOptions {
  /** Undefined: until Ctrl-C. */
  readonly seconds: number | undefined;
  /** Trades only when a line has come on standard input, or its end. */
  readonly hold: boolean;
  /** How long the endpoints stay up after the table. */
  readonly lingerSeconds: number;
  readonly seed: string;
  readonly scenario: string | undefined;
  /** Absolute path. */
  readonly report: string | undefined;
}

/** Without a terminal nobody presses Ctrl-C. */
const UNATTENDED_SECONDS = 30;

export const DEMO_USAGE = `Runs a market maker against a simulated exchange and shows what Tickscope sees.

  pnpm demo [--seconds N] [--hold] [--linger N] [--seed N] [--scenario FILE] [--report FILE]

  --seconds N      run for N seconds; default: until Ctrl-C, or ${UNATTENDED_SECONDS} without a terminal
  --hold           begin to trade when Enter is pressed: whoever scrapes by then has seen every counter at zero
  --linger N       keep page and metrics up for N seconds after the table; default 0
  --seed N         seed of the exchange; default 7
  --scenario FILE  scenario of the exchange; default: examples/sim-exchange/scenarios/default.json
  --report FILE    write the table's numbers, the exchange's truth and the bot's own record there, as JSON

With OTEL_EXPORTER_OTLP_ENDPOINT set, for example to http://127.0.0.1:4318, traces go there too.`;

/** @throws {UsageError} */
export function parseDemoOptions(args: readonly string[], isTerminal: boolean): DemoOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { linger, scenario } = values;
  const seed = values.seed ?? '7';
  if (!/^\d+$/.test(seed)) throw new UsageError(`--seed: expected a non-negative integer, got "${seed}"`);
  return {
    seconds: positive('--seconds', values.seconds) ?? (isTerminal ? undefined : UNATTENDED_SECONDS),
    hold: values.hold === true,
    lingerSeconds: linger === '0' ? 0 : (positive('--linger', linger) ?? 0),
    seed,
    scenario: scenario === undefined ? undefined : resolve(scenario),
    report: values.report === undefined ? undefined : reportPath(values.report),
  };
}

/** Refused now rather than after the run. */
function reportPath(report: string): string {
  const path = resolve(report);
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--report: expected a file in an existing folder, got "${report}"`);
  }
  return path;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string' },
        hold: { type: 'boolean' },
        linger: { type: 'string' },
        seed: { type: 'string' },
        scenario: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
