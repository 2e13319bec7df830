import type { JournalJson } from './journal.js';
import type { OrderCounts } from './order-tracker.js';
import type { Quoting } from './quoting.js';

/** The run in figures, by the bot's own clock and counts. */
export interface ReportJson {
  readonly variant: Quoting['variant'];
  readonly seconds: number;
  readonly ticks: number;
  readonly ticksByOutcome: Readonly<Record<string, number>>;
  readonly skipped: JournalJson['skipped'];
  readonly deadlineMisses: number;
  readonly guardTrips: Readonly<Record<string, number>>;
  /** From the arrival of the cause to the end of the tick, milliseconds; null without ticks. */
  readonly tickMillis: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
    readonly mean: number;
  } | null;
  /** By `VERB api`, then by outcome. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly orders: OrderCounts;
  readonly feed: Readonly<Record<string, number>>;
  readonly profit: number;
  readonly cpuMillis: number;
}

export function summarise(
  journal: JournalJson,
  run: Pick<ReportJson, 'variant' | 'seconds' | 'orders' | 'feed' | 'profit'>,
  deadlineMs: number,
): ReportJson {
  const durations = journal.ticks.map(({ startMillis, endMillis }) => endMillis - startMillis);
  const { user, system } = process.cpuUsage();
  return {
    ...run,
    ticks: journal.ticks.length,
    ticksByOutcome: tally(journal.ticks.map(({ outcome }) => outcome)),
    skipped: journal.skipped,
    deadlineMisses: durations.filter((duration) => duration > deadlineMs).length,
    guardTrips: tally(journal.ticks.flatMap(({ trips }) => trips)),
    tickMillis: distribution(durations),
    requests: requestsByOutcome(journal),
    cpuMillis: (user + system) / 1000,
  };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function requestsByOutcome({ requests }: JournalJson): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { verb, api, outcome } of requests) {
    const key = `${verb} ${api}`;
    counts[key] ??= {};
    counts[key][outcome] = (counts[key][outcome] ?? 0) + 1;
  }
  return counts;
}

function distribution(durations: readonly number[]): ReportJson['tickMillis'] {
  if (durations.length === 0) return null;
  const sorted = Float64Array.from(durations).sort();
  // Nearest rank: every figure is a duration that occurred.
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const mean = sorted.reduce((sum, duration) => sum + duration, 0) / sorted.length;
  return {
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    p999: quantile(0.999),
    max: quantile(1),
    mean,
  };
}
