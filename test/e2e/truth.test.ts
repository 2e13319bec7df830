import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoReport, readReport, startDemo } from '../bots/run-demo.js';

const DEADLINE_MS = 20;
/** Two clocks that are read one after the other are not compared closer to the deadline than this. */
const TOLERANCE_MS = 0.1;

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

  /*
   * Tick by tick, by the journal's own reads: the start, which telemetry was given, so that both begin at the same
   * instant; and the first read after the tick. Telemetry read its own clock a little earlier, which decides otherwise
   * only where the deadline lies between: within 0.1 ms, where the two are not compared, or where the thread stood
   * still between the reads (suspended by the system, collecting garbage). Of that second kind the journal itself does
   * not know to 0.1 ms whether they were late, and says so by its last read inside the tick, which was in time.
   */
  test('misses, each of them, but for ticks within 0.1 ms of the deadline', () => {
    const those = (verdict: Verdict) => report.journal.ticks.filter((tick) => verdictOf(tick) === verdict);
    const [late, inTime, near, suspended] = (['late', 'in_time', 'near', 'suspended'] as const).map(those);
    const told = (tick: JournalTick) => keptByOf(tick).includes('deadline_miss');
    console.info(
      `${late.length} late, ${inTime.length} in time, ${near.length} within ${TOLERANCE_MS} ms, ${suspended.length} suspended`,
    );
    expect(late.length).toBeGreaterThan(10);
    expect(late.filter((tick) => !told(tick))).toEqual([]);
    expect(inTime.filter(told)).toEqual([]);
    expect(suspended.length).toBeLessThan(report.journal.ticks.length / 100);
    // The counter says the same as the traces, of which every miss has one.
    const either = [...near, ...suspended].filter(told).length;
    expect(report.table.deadlineMisses).toBe(late.length + either);
  });
});

describe('traces of the run', () => {
  test('every miss, guard trip and failure has its trace, kept for that reason', () => {
    const missing: unknown[] = [];
    for (const tick of report.journal.ticks) {
      const keptBy = keptByOf(tick);
      if (verdictOf(tick) === 'late' && !keptBy.includes('deadline_miss')) missing.push({ tick, keptBy });
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

type JournalTick = DemoReport['journal']['ticks'][number];
type Verdict = 'late' | 'in_time' | 'near' | 'suspended';

/** What the journal knows about a tick by its own clock reads alone. */
function verdictOf({ startMillis, workDoneMillis, endMillis }: JournalTick): Verdict {
  const totalMillis = endMillis - startMillis;
  if (Math.abs(totalMillis - DEADLINE_MS) <= TOLERANCE_MS) return 'near';
  if (totalMillis < DEADLINE_MS) return 'in_time';
  return workDoneMillis - startMillis > DEADLINE_MS ? 'late' : 'suspended';
}

function keptByOf({ traceId }: JournalTick): readonly string[] {
  return (roots.get(String(traceId))?.attributes['tickscope.kept_by'] ?? []) as string[];
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
