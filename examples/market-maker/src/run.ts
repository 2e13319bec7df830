import { writeFileSync } from 'node:fs';
import { type Bot, startBot } from './bot.js';
import { VenueError } from './desk.js';
import { createLog } from './log.js';
import { type BotOptions, parseBotOptions, USAGE, UsageError } from './options.js';
import type { Quoting } from './quoting.js';

/** The program: both variants are this, with their own `createQuoting`. */
export async function run(createQuoting: () => Quoting): Promise<void> {
  try {
    const options = parseBotOptions(process.argv.slice(2));
    if (options === 'help') console.log(USAGE);
    else process.exitCode = await trade(options, createQuoting());
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const text = isUsage ? `${error.message}\n\n${USAGE}` : error;
    console.error(error instanceof VenueError ? error.message : text);
    process.exitCode = isUsage ? 2 : 1;
  }
}

/** Trades until a signal, a limit or a fatal problem; resolves to the exit code. */
async function trade(options: BotOptions, quoting: Quoting): Promise<number> {
  const { exchange, symbols } = options;
  const log = createLog((line) => process.stdout.write(line));
  const end = listenForEnd(options);
  let problem: string | undefined;
  let ticks = 0;
  try {
    // Telemetry's start costs processor time that the first ticks would feel.
    const telemetry = await quoting.address;
    if (options.hold && !(await isReleased(() => log('info', 'holding', { telemetry }), end.requested)))
      return 0;
    const bot = await startBot(
      {
        exchange,
        symbols,
        journalTraces: options.log !== undefined,
        onTick: () => {
          ticks += 1;
          if (ticks === options.ticks) end.request();
        },
        onQuiet: (bot) => {
          writeResults(options, bot);
          log('info', 'quiet', { report: bot.report() });
        },
        onFatal: (text) => {
          problem = text;
          end.request();
        },
        log,
      },
      quoting,
    );
    log('info', 'ready', { variant: quoting.variant, exchange, telemetry, pid: process.pid });
    await end.requested;
    if (problem !== undefined) log('error', 'stopping', { problem });
    const isClean = await bot.stop();
    writeResults(options, bot);
    log('info', 'stopped', { report: bot.report() });
    return isClean && problem === undefined ? 0 : 1;
  } finally {
    end.close();
    await quoting.close();
  }
}

/** Waits for a line on standard input; false when the end was requested first. */
function isReleased(onListening: () => void, endRequested: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdin.once('data', () => resolve(true));
    void endRequested.then(() => resolve(false));
    onListening();
  });
}

function listenForEnd({ seconds, hold, stopWithStdin }: BotOptions) {
  let request = () => {};
  const requested = new Promise<void>((resolve) => {
    request = resolve;
  });
  process.on('SIGTERM', request);
  process.on('SIGINT', request);
  if (stopWithStdin) process.stdin.resume().once('end', request).once('error', request);
  const timer = seconds === undefined ? undefined : setTimeout(request, seconds * 1000);
  return {
    request,
    requested,
    /** Lets go of what would keep the process alive; signals stay caught while it flushes. */
    close: () => {
      clearTimeout(timer);
      if (hold || stopWithStdin) process.stdin.destroy();
    },
  };
}

function writeResults({ log, report }: BotOptions, bot: Bot): void {
  if (log !== undefined) writeFileSync(log, JSON.stringify(bot.journal.toJson()));
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(bot.report(), null, 2)}\n`);
}
