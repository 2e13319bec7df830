import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import type { TruthJson } from '@tickscope-examples/sim-exchange/wire';
import type { JournalJson } from '../journal.js';
import type { ReportJson } from '../report.js';
import { Child, ChildError, type JsonLine } from './child.js';
import type { DemoOptions } from './demo-options.js';
import { sum } from './table.js';

const CONFIG_FILE = new URL('../../tickscope.yaml', import.meta.url);
const START_TIMEOUT_MS = 20_000;
const QUIET_TIMEOUT_MS = 20_000;
/** Kept ticks wait for late entries, and spans for their export, before the ledger has nothing in flight. */
const SETTLE_TIMEOUT_MS = 10_000;
const SETTLE_POLL_MS = 100;
const MAX_LOG_LINES = 50_000;

export interface Addresses {
  readonly exchange: string;
  /** Base address of the bot's telemetry. */
  readonly telemetry: string;
}

/** Everything known about a run once the bot is quiet. */
export interface Outcome {
  readonly snapshot: SnapshotJson;
  readonly truth: TruthJson;
  readonly journal: JournalJson;
  readonly botReport: ReportJson;
  /** The bot's log lines, the first 50 000 of them. */
  readonly logLines: readonly JsonLine[];
  readonly droppedLogLines: number;
}

/** Exchange and bot as child processes. */
export class Session {
  readonly addresses: Addresses;
  readonly scenario: string;
  readonly symbols: readonly string[];
  readonly #exchange: Child;
  readonly #bot: Child;
  readonly #folder: string;
  readonly #logLines: { kept: JsonLine[]; dropped: number };

  private constructor(
    children: { readonly exchange: Child; readonly bot: Child },
    ready: { readonly exchange: JsonLine; readonly bot: JsonLine },
    folder: string,
    logLines: { kept: JsonLine[]; dropped: number },
  ) {
    this.#exchange = children.exchange;
    this.#bot = children.bot;
    this.addresses = { exchange: String(ready.exchange.address), telemetry: String(ready.bot.telemetry) };
    this.scenario = String(ready.exchange.scenario);
    this.symbols = ready.exchange.symbols as string[];
    this.#folder = folder;
    this.#logLines = logLines;
  }

  /** @throws {ChildError} when one of the processes does not start. */
  static async start({ seed, scenario, report, hold }: DemoOptions): Promise<Session> {
    const folder = mkdtempSync(join(tmpdir(), 'market-maker-demo-'));
    const started: Child[] = [];
    try {
      const exchange = new Child(
        'exchange',
        createRequire(import.meta.url).resolve('@tickscope-examples/sim-exchange/main'),
        ['--seed', seed, ...(scenario === undefined ? [] : ['--scenario', scenario])],
        () => {},
      );
      started.push(exchange);
      const exchangeReady = await exchange.line(({ event }) => event === 'ready', 'ready', START_TIMEOUT_MS);
      const logLines = { kept: [] as JsonLine[], dropped: 0 };
      const bot = new Child(
        'bot',
        fileURLToPath(new URL('../main.js', import.meta.url)),
        [
          ...['--exchange', String(exchangeReady.address)],
          ...['--symbols', (exchangeReady.symbols as string[]).join(',')],
          ...['--log', join(folder, 'journal.json'), '--report', join(folder, 'report.json')],
          ...(hold ? ['--hold'] : []),
        ],
        (line) => {
          if (report === undefined) return;
          if (logLines.kept.length < MAX_LOG_LINES) logLines.kept.push(line);
          else logLines.dropped += 1;
        },
        { TICKSCOPE_CONFIG: fileURLToPath(CONFIG_FILE), ...process.env },
      );
      started.push(bot);
      const up = hold ? 'holding' : 'ready';
      const botReady = await bot.line(({ message }) => message === up, up, START_TIMEOUT_MS);
      if (typeof botReady.telemetry !== 'string') {
        throw new ChildError(['the bot has no telemetry endpoint', bot.stderr.trim()].join('\n'), undefined);
      }
      return new Session({ exchange, bot }, { exchange: exchangeReady, bot: botReady }, folder, logLines);
    } catch (error) {
      for (const child of started.reverse()) await child.stop();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** What the bot has written to standard error. */
  get warnings(): string {
    return this.#bot.stderr;
  }

  /** Lets a bot trade that was held. @throws {ChildError} when it does not. */
  async release(): Promise<void> {
    const ready = this.#bot.line(({ message }) => message === 'ready', 'ready', START_TIMEOUT_MS);
    this.#bot.say('go');
    await ready;
  }

  snapshot(): Promise<SnapshotJson> {
    return getJson(`${this.addresses.telemetry}/api/snapshot`);
  }

  /** Rejects when a process ends by itself. */
  async failure(): Promise<never> {
    const ended = (child: Child) => child.exited.then((exit) => ({ child, exit }));
    const { child, exit } = await Promise.race([ended(this.#exchange), ended(this.#bot)]);
    const how = exit.signal ?? `status ${exit.code}`;
    throw new ChildError([`the ${child.name} ended (${how})`, child.stderr.trim()].join('\n').trim(), exit);
  }

  /** Halts the market, waits until the bot has come to rest and its telemetry has settled. */
  async quiesce(): Promise<Outcome> {
    const quiet = this.#bot.line(({ message }) => message === 'quiet', 'quiet', QUIET_TIMEOUT_MS);
    const halted = fetch(`${this.addresses.exchange}/control/pause`, { method: 'POST' });
    await Promise.all([quiet, halted]);
    const snapshot = await this.#settledSnapshot();
    return {
      snapshot,
      truth: await getJson<TruthJson>(`${this.addresses.exchange}/truth`),
      journal: this.#read('journal.json') as JournalJson,
      botReport: this.#read('report.json') as ReportJson,
      logLines: this.#logLines.kept,
      droppedLogLines: this.#logLines.dropped,
    };
  }

  /** Stops the bot, then the exchange; resolves to the bot's exit. */
  async stop() {
    const exit = await this.#bot.stop();
    await this.#exchange.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    return exit;
  }

  async #settledSnapshot(): Promise<SnapshotJson> {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const snapshot = await this.snapshot();
      if (sum(snapshot.ledger.inFlight) === 0 || performance.now() > deadline) return snapshot;
      await sleep(SETTLE_POLL_MS);
    }
  }

  #read(file: string): unknown {
    return JSON.parse(readFileSync(join(this.#folder, file), 'utf8'));
  }
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: HTTP ${response.status}`);
  return (await response.json()) as T;
}
