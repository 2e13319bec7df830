import { parseArgs } from 'node:util';
import { CONFIG } from './config.js';

export interface BotOptions {
  /** The exchange's HTTP address. */
  readonly exchange: string;
  readonly symbols: readonly string[];
  /** Stops after so many seconds; undefined: runs until a signal. */
  readonly seconds: number | undefined;
  /** Stops after so many ticks. */
  readonly ticks: number | undefined;
  /** Where the journal goes. */
  readonly log: string | undefined;
  /** Where the run's figures go. */
  readonly report: string | undefined;
  /** Trades only when a line has come on standard input; telemetry is up before. */
  readonly hold: boolean;
  readonly stopWithStdin: boolean;
}

/** Arguments that cannot be used; the message says which and why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `A market maker.

  node dist/main.js       --exchange URL [options]    instrumented with Tickscope
  node dist/main-bare.js  --exchange URL [options]    the same bot without it

  --exchange URL     address of the simulated exchange
  --symbols A,B      symbols to quote; default: ${CONFIG.symbols.join(',')}
  --seconds N        stop after N seconds
  --ticks N          stop after N ticks
  --log FILE         write the bot's own record of every tick and request there, as JSON
  --report FILE      write the run's figures there, as JSON
  --hold             begin to trade with the first line on standard input; telemetry is up before
  --stop-with-stdin  stop when standard input ends, as it does when the parent process dies

Writes log lines as JSON to standard output. SIGTERM and SIGINT: cancels all orders, reconciles, exits 0.`;

/** @throws {UsageError} */
export function parseBotOptions(args: readonly string[]): BotOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  if (values.exchange === undefined || !URL.canParse(values.exchange)) {
    throw new UsageError(`--exchange: expected a URL, got ${shown(values.exchange)}`);
  }
  const symbols = values.symbols === undefined ? [...CONFIG.symbols] : values.symbols.split(',');
  if (symbols.includes('') || new Set(symbols).size !== symbols.length) {
    throw new UsageError(`--symbols: expected distinct names, got ${shown(values.symbols)}`);
  }
  return {
    exchange: values.exchange,
    symbols,
    seconds: positive('--seconds', values.seconds),
    ticks: positiveInteger('--ticks', values.ticks),
    log: values.log,
    report: values.report,
    hold: values.hold === true,
    stopWithStdin: values['stop-with-stdin'] === true,
  };
}

/** @throws {UsageError} when the text is not a positive number. */
export function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new UsageError(`${option}: expected a positive number, got ${shown(text)}`);
  }
  return value;
}

function positiveInteger(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^0*[1-9]\d*$/.test(text)) return positive(option, text);
  throw new UsageError(`${option}: expected a positive integer, got ${shown(text)}`);
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : `"${text}"`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        exchange: { type: 'string' },
        symbols: { type: 'string' },
        seconds: { type: 'string' },
        ticks: { type: 'string' },
        log: { type: 'string' },
        report: { type: 'string' },
        hold: { type: 'boolean' },
        'stop-with-stdin': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
