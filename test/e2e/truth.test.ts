import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoReport, readReport, startDemo } from '../bots/run-demo.js';

const DEADLINE_MS = 20;

let folder: string;
let report: DemoReport;
let receiver: OtlpReceiverProcess;
let roots: Map<string, ReceivedSpan>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickscope-truth-'));
  receiver = await OtlpReceiverProcess.start();
  await using demo = startDemo(folder, ['--seconds', '15'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
  });
  expect(await demo.waitForExit(60_000)).toEqual({ code: 0, signal: null });
  report = await readReport(folder);
  await receiver.waitForSpans((spans) => spans.length >= report.table.ledger.exported);
  roots = new Map(
    receiver.spans.filter((span) => span.name === 'tick_total').map((span) => [span.traceId, span]),
  );
}, 120_000);
afterAll(async () => {
  await receiver?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('against the exchange', () => {
  test('orders, rejects by reason and fills are what it saw', () => {
    const { placed, amended, cancelled, filled, fills, partialFills, filledLots, rejects } =
      report.botReport.orders;
    expect({ placed, amended, cancelled, filled, open: 0 }).toEqual(report.truth.orders);
    expect({ count: fills, partial: partialFills, lots: filledLots }).toEqual(report.truth.fills);
    expect(rejects).toEqual(report.truth.rejects);
  });

  test('requests are what it saw, and what never got an answer is counted for what it was', () => {
    const seen: Record<string, Record<string, number>> = {};
    for (const { verb, api, outcomes } of report.table.requests) seen[`${verb} ${api}`] = counted(outcomes);
    const expected = Object.entries(report.truth.requests).map(([name, { dropped = 0, ...outcomes }]) => [
      name,
      counted({ ...outcomes, network_error: dropped }),
    ]);
    expect(seen).toEqual(Object.fromEntries(expected));
  });
});

describe('against the bot’s own journal', () => {
  test('ticks by outcome, skipped ones included', () => {
    const { ticks, skipped, droppedEntries } = report.journal;
    expect(droppedEntries).toBe(0);
    expect(counted(report.table.ticksByOutcome)).toEqual(
      counted({ ...tally(ticks.map(({ outcome }) => outcome)), ...skipped }),
    );
    expect(report.table.ticks).toBe(ticks.length);
  });

  test('guard trips by reason', () => {
    expect(counted(report.table.guardTrips)).toEqual(
      tally(report.journal.ticks.flatMap(({ trips }) => trips)),
    );
  });

  test('requests by outcome', () => {
    const own = tally(report.journal.requests.map(({ verb, api, outcome }) => `${verb} ${api} ${outcome}`));
    const told = report.table.requests.flatMap(({ verb, api, outcomes }) =>
      Object.entries(counted(outcomes)).map(([outcome, count]) => [`${verb} ${api} ${outcome}`, count]),
    );
    expect(Object.fromEntries(told)).toEqual(own);
  });

  test('misses, between those by the clock read inside a tick and those by the one outside', () => {
    const certain = report.journal.ticks.filter(isMiss).length;
    const possible = report.journal.ticks.filter(
      ({ startMillis, endMillis }) => endMillis - startMillis > DEADLINE_MS,
    ).length;
    expect(certain).toBeGreaterThan(10);
    expect(report.table.deadlineMisses).toBeGreaterThanOrEqual(certain);
    expect(report.table.deadlineMisses).toBeLessThanOrEqual(possible);
    // Only a thread that was interrupted between the two reads leaves room.
    expect(possible - certain).toBeLessThan(possible / 10);
  });
});

describe('traces of the run', () => {
  test('every miss, guard trip and failure has its trace, kept for that reason', () => {
    const missing: unknown[] = [];
    for (const tick of report.journal.ticks) {
      const keptBy = (roots.get(String(tick.traceId))?.attributes['tickscope.kept_by'] ?? []) as string[];
      if (isMiss(tick) && !keptBy.includes('deadline_miss')) missing.push({ tick, keptBy });
      if (tick.trips.length > 0 && !keptBy.includes('guard_trip')) missing.push({ tick, keptBy });
      if (tick.outcome === 'failed' && !keptBy.includes('failure')) missing.push({ tick, keptBy });
    }
    expect(missing).toEqual([]);
  });

  test('nothing was lost, and the ledger balances', () => {
    const { recorded, exported, notExported, sampledOut, dropped, inFlight } = report.table.ledger;
    expect(counted(dropped)).toEqual({});
    expect(counted(inFlight)).toEqual({});
    expect(recorded).toBe(exported + notExported + sampledOut);
    expect(receiver.spans).toHaveLength(exported);
  });

  test('log lines written in a tick lead to its trace where it was kept', () => {
    const own = new Set(report.journal.ticks.map(({ traceId }) => traceId));
    const traced = report.logLines.filter((line) => typeof line.trace_id === 'string');
    expect(traced.length).toBeGreaterThan(0);
    for (const line of traced) expect(own, JSON.stringify(line)).toContain(line.trace_id);
  });
});

/** Whatever Tickscope's clock said, the tick had not ended yet at this read, and began at the same one. */
function isMiss({ startMillis, workDoneMillis }: DemoReport['journal']['ticks'][number]): boolean {
  return workDoneMillis - startMillis > DEADLINE_MS;
}

/** Without the zeros: counters are seeded, notes are not. */
function counted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
