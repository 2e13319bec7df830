import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { Child, type ChildOptions } from '@tickscope-test/support';

/** What `demo --report` writes: the table, and beside it the exchange's and the bot's own accounts of the run. */
export interface DemoReport {
  readonly addresses: { readonly exchange: string; readonly telemetry: string };
  readonly table: Pick<
    SnapshotJson,
    | 'ticksByOutcome'
    | 'stages'
    | 'deadlineMisses'
    | 'guardTrips'
    | 'requests'
    | 'keptTicks'
    | 'keptBy'
    | 'ledger'
  > & { readonly ticks: number; readonly missRatio: number };
  readonly snapshot: SnapshotJson;
  /** What the exchange saw. */
  readonly truth: {
    readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly orders: Readonly<Record<string, number>>;
    readonly rejects: Readonly<Record<string, number>>;
    readonly fills: Readonly<Record<string, number>>;
  };
  /** The bot's own clock reads and notes, which share nothing with Tickscope. */
  readonly journal: {
    readonly ticks: readonly {
      readonly symbol: string;
      readonly startMillis: number;
      /** The last clock read of the tick itself; `endMillis` is read when it is over. */
      readonly workDoneMillis: number;
      readonly endMillis: number;
      readonly outcome: string;
      readonly trips: readonly string[];
      readonly traceId?: string;
    }[];
    readonly requests: readonly { readonly verb: string; readonly api: string; readonly outcome: string }[];
    readonly skipped: Readonly<Record<string, number>>;
    readonly droppedEntries: number;
  };
  readonly botReport: { readonly orders: Readonly<Record<string, unknown>> };
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
}

/** Starts the demo as an operator would, without a terminal. */
export function startDemo(folder: string, args: readonly string[], options: ChildOptions = {}): Child {
  return Child.node(fileURLToPath(new URL('../../examples/market-maker/dist/demo.js', import.meta.url)), {
    ...options,
    args: [...args, '--report', reportFile(folder)],
  });
}

export async function readReport(folder: string): Promise<DemoReport> {
  return JSON.parse(await readFile(reportFile(folder), 'utf8'));
}

function reportFile(folder: string): string {
  return join(folder, 'report.json');
}
