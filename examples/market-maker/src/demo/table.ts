import type { SnapshotJson, StageSummaryJson } from '@tickscope/pipeline/protocol';

/** The numbers of the closing table, all of them from the bot's telemetry. */
export interface TableJson {
  readonly ticksByOutcome: SnapshotJson['ticksByOutcome'];
  /** Ticks that ran: the count of `tick_total`. */
  readonly ticks: number;
  readonly stages: readonly StageSummaryJson[];
  readonly deadlineMisses: number;
  readonly missRatio: number;
  readonly guardTrips: SnapshotJson['guardTrips'];
  readonly requests: SnapshotJson['requests'];
  readonly keptTicks: number;
  readonly keptBy: SnapshotJson['keptBy'];
  readonly ledger: SnapshotJson['ledger'];
}

export function tableOf(snapshot: SnapshotJson): TableJson {
  const { ticksByOutcome, stages, deadlineMisses, guardTrips, requests, keptTicks, keptBy, ledger } =
    snapshot;
  const ticks = stages.find(({ stage, loop }) => stage === 'tick_total' && loop === null)?.count ?? 0;
  const missRatio = ticks === 0 ? 0 : deadlineMisses / ticks;
  return {
    ticksByOutcome,
    ticks,
    stages,
    deadlineMisses,
    missRatio,
    guardTrips,
    requests,
    keptTicks,
    keptBy,
    ledger,
  };
}

/** Lines for people; figures that are zero everywhere are left out. */
export function renderTable(table: TableJson): string {
  const { ledger } = table;
  const lost = sum(ledger.dropped);
  return [
    ...section(`Ticks: ${table.ticks} ran`, counts(table.ticksByOutcome)),
    ...section('Stages (ms)', stageRows(table.stages)),
    ...section(`Deadline misses: ${table.deadlineMisses} (${percent(table.missRatio)} of the ticks)`, []),
    ...section(`Guard trips: ${sum(table.guardTrips)}`, counts(table.guardTrips)),
    ...section('Requests', requestRows(table.requests)),
    ...section(`Traces kept: ${table.keptTicks} ticks, some for several reasons`, counts(table.keptBy)),
    ...section(
      `Spans: ${ledger.recorded} recorded = ${ledger.exported} exported + ${ledger.notExported} kept here + ` +
        `${ledger.sampledOut} sampled out + ${lost} lost + ${sum(ledger.inFlight)} in flight`,
      [],
    ),
    ...section(lost === 0 ? 'Lost: nothing' : `Lost: ${lost} spans`, counts(ledger.dropped)),
  ].join('\n');
}

export function stageRows(stages: readonly StageSummaryJson[]): string[] {
  const rows = stages
    .filter(({ count }) => count > 0)
    .map((summary) => [
      summary.loop === null ? summary.stage : `${summary.loop}/${summary.stage}`,
      String(summary.count),
      millis(summary.p50Millis),
      millis(summary.p95Millis),
      millis(summary.p99Millis),
      millis(summary.p999Millis),
      millis(summary.maxMillis),
    ]);
  return columns([['', 'count', 'p50', 'p95', 'p99', 'p99.9', 'max'], ...rows]);
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function requestRows(requests: TableJson['requests']): string[] {
  return columns([
    ['', 'p50', 'p95', 'p99', 'outcomes'],
    ...requests.map(({ verb, api, p50Millis, p95Millis, p99Millis, outcomes }) => [
      `${verb} ${api}`,
      millis(p50Millis),
      millis(p95Millis),
      millis(p99Millis),
      nonZero(outcomes)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(', '),
    ]),
  ]);
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

function counts(values: Readonly<Record<string, number>>): string[] {
  return columns(nonZero(values).map(([name, count]) => [name, String(count)]));
}

function nonZero(values: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(values).filter(([, count]) => count > 0);
}

/** Three significant digits at most below 1 ms, two decimals above. */
function millis(value: number | null): string {
  if (value === null) return '-';
  return value < 1 ? value.toFixed(4) : value.toFixed(2);
}

/** Aligned: names and other text left, numbers right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  const isText: boolean[] = [true];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
      isText[index] ||= cell.includes(' ');
    }
  }
  const pad = (cell: string, index: number) =>
    isText[index] ? cell.padEnd(widths[index]) : cell.padStart(widths[index]);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}
