import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { expect, test } from 'vitest';
import { renderTable, tableOf } from './table.js';

const stage = (name: string, count: number, millis: number | null, loop: string | null = null) => ({
  stage: name,
  loop,
  count,
  sumMillis: 0,
  maxMillis: millis ?? 0,
  p50Millis: millis,
  p95Millis: millis,
  p99Millis: millis,
  p999Millis: millis,
});

const snapshot = {
  ticksByOutcome: { ok: 90, guard: 8, failed: 2, coalesced: 5, busy: 0 },
  stages: [stage('tick_total', 100, 12.345), stage('spread', 100, 0.0123), stage('emit', 0, null)],
  deadlineMisses: 3,
  guardTrips: { stale_book: 8, loss_limit: 0 },
  requests: [
    {
      verb: 'POST',
      api: 'batch',
      outcomes: { ok: 70, rejected: 2, timeout: 0 },
      p50Millis: 8.5,
      p95Millis: 17,
      p99Millis: null,
    },
  ],
  keptTicks: 25,
  keptBy: { deadline_miss: 3, ratio: 20, golden: 0 },
  ledger: {
    recorded: 500,
    exported: 0,
    notExported: 120,
    sampledOut: 370,
    dropped: { ring_full: 10, span_budget: 0 },
    inFlight: { ring: 0 },
  },
} as unknown as SnapshotJson;

test('the table shows everything that is not zero', () => {
  expect(renderTable(tableOf(snapshot))).toBe(`
Ticks: 100 ran
  ok         90
  guard       8
  failed      2
  coalesced   5

Stages (ms)
              count     p50     p95     p99   p99.9     max
  tick_total    100   12.35   12.35   12.35   12.35   12.35
  spread        100  0.0123  0.0123  0.0123  0.0123  0.0123

Deadline misses: 3 (3.00 % of the ticks)

Guard trips: 8
  stale_book  8

Requests
               p50    p95  p99  outcomes
  POST batch  8.50  17.00    -  ok 70, rejected 2

Traces kept: 25 ticks, some for several reasons
  deadline_miss   3
  ratio          20

Spans: 500 recorded = 0 exported + 120 kept here + 370 sampled out + 10 lost + 0 in flight

Lost: 10 spans
  ring_full  10`);
});

test('ticks that ran are those of the default loop, and a run without ticks has no misses', () => {
  const hedge = { ...snapshot, stages: [stage('tick_total', 7, 1, 'hedge'), stage('tick_total', 100, 1)] };
  expect(tableOf(hedge)).toMatchObject({ ticks: 100, missRatio: 0.03 });
  expect(tableOf({ ...snapshot, stages: [], deadlineMisses: 0 })).toMatchObject({ ticks: 0, missRatio: 0 });
});
