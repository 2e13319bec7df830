import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeptTick, keptRecord } from '../kept-tick.js';
import type { KeepReason } from '../protocol.js';
import {
  keptTick,
  lateSpan,
  ORIGIN_UNIX_NANOS,
  spanRecord,
  tickRecord,
} from '../tick-record.test.fixture.js';
import { KeptTickStore } from './kept-ticks.js';

function storeOf(maxTicks: number, ticks: readonly KeptTick[]): KeptTickStore {
  const store = new KeptTickStore(maxTicks);
  for (const kept of ticks) store.add(kept);
  return store;
}

test('lists the newest first and says how many there are', () => {
  const ticks = [keptTick(), keptTick(), keptTick()];
  const store = storeOf(10, ticks);
  expect(store.list({ limit: 2 })).toMatchObject({
    ticks: [{ traceId: ticks[2].tick.traceId }, { traceId: ticks[1].tick.traceId }],
    stored: 3,
  });
});

test('lists those kept for a reason, among others', () => {
  const [miss, both, ratio] = (
    [['deadline_miss'], ['deadline_miss', 'ratio'], ['ratio']] as KeepReason[][]
  ).map((keptBy) => keptTick(1, keptBy));
  const store = storeOf(10, [miss, both, ratio]);
  expect(store.list({ reason: 'deadline_miss' }).ticks.map(({ traceId }) => traceId)).toEqual([
    both.tick.traceId,
    miss.tick.traceId,
  ]);
});

test.each([
  [undefined, 100],
  [5, 5],
  [0, 0],
  [-3, 0],
  [Number.NaN, 0],
  [5000, 1000],
])('a limit of %s lists %i', (limit, listed) => {
  const store = storeOf(
    1200,
    Array.from({ length: 1100 }, () => keptTick()),
  );
  expect(store.list(limit === undefined ? {} : { limit }).ticks).toHaveLength(listed);
});

test('the oldest leave when it is full', () => {
  const ticks = [keptTick(), keptTick(), keptTick()];
  const store = storeOf(2, ticks);
  expect(store.size).toBe(2);
  expect(store.get(ticks[0].tick.traceId)).toBeUndefined();
  expect(store.get(ticks[1].tick.traceId)).toBeDefined();
});

test('a store of no ticks takes none', () => {
  expect(storeOf(0, [keptTick()]).size).toBe(0);
});

test('shows what became of a tick, also when it left in the meantime', () => {
  const [old, kept] = [keptTick(), keptTick()];
  const store = storeOf(1, [old, kept]);
  old.exportState = 'exported';
  kept.exportState = 'exported';
  expect(store.get(kept.tick.traceId)?.exportState).toBe('exported');
  expect(store.size).toBe(1);
});

test('describes a tick with its spans and events, in milliseconds from its start', () => {
  const tick = tickRecord({
    startMillis: 1000,
    endMillis: 1025,
    loop: 'hedge',
    missed: true,
    outcome: 'failed',
    error: 'venue closed',
    guardReasons: ['stale_book'],
    attributes: { inventory: 2 },
    events: [{ name: 'guard_trip', timeMillis: 1003, attributes: { reason: 'stale_book' } }],
    spans: [
      spanRecord({ name: 'fetch_md', index: 1, startMillis: 1000, endMillis: 1002 }),
      spanRecord({ name: 'emit', index: 2, startMillis: 1002, endMillis: 1025, error: 'venue closed' }),
      spanRecord({
        kind: 'request',
        name: 'POST orders',
        index: 3,
        parentIndex: 2,
        startMillis: 1004,
        endMillis: 1024,
        requestOutcome: 'timeout',
        attributes: { lots: 1 },
      }),
    ],
  });
  const store = storeOf(1, [keptRecord(tick, ['deadline_miss', 'failure'])]);
  expect(store.get(tick.traceId)).toEqual({
    traceId: tick.traceId,
    rootSpanId: tick.spanId(0),
    startUnixMillis: Number(ORIGIN_UNIX_NANOS / 1_000_000n) + 1000 + 0.456,
    durationMillis: 25,
    symbol: 'BTC-USD',
    loop: 'hedge',
    outcome: 'failed',
    missed: true,
    unfinished: false,
    keptBy: ['deadline_miss', 'failure'],
    guardReasons: ['stale_book'],
    slowestStage: 'emit',
    exportState: 'queued',
    deadlineMillis: 20,
    attributes: { inventory: 2 },
    error: 'venue closed',
    events: [{ name: 'guard_trip', timeMillis: 3, attributes: { reason: 'stale_book' } }],
    spans: [
      {
        spanId: tick.spanId(1),
        parentSpanId: tick.spanId(0),
        name: 'fetch_md',
        kind: 'stage',
        startMillis: 0,
        durationMillis: 2,
        unfinished: false,
        error: null,
        attributes: {},
      },
      {
        spanId: tick.spanId(2),
        parentSpanId: tick.spanId(0),
        name: 'emit',
        kind: 'stage',
        startMillis: 2,
        durationMillis: 23,
        unfinished: false,
        error: 'venue closed',
        attributes: {},
      },
      {
        spanId: tick.spanId(3),
        parentSpanId: tick.spanId(2),
        name: 'POST orders',
        kind: 'request',
        startMillis: 4,
        durationMillis: 20,
        unfinished: false,
        error: null,
        attributes: { lots: 1, outcome: 'timeout' },
      },
    ],
  });
});

const stage = (name: string, index: number, startMillis: number, endMillis: number, parentIndex = 0) =>
  spanRecord({ name, index, startMillis, endMillis, parentIndex });

test.each([
  ['no stage', [], null],
  ['the longest', [stage('spread', 1, 0, 2), stage('emit', 2, 2, 9)], 'emit'],
  [
    'the one whose runs add up',
    [stage('emit', 1, 0, 3), stage('spread', 2, 3, 7), stage('emit', 3, 7, 10)],
    'emit',
  ],
  [
    'a child, whose time is not its parent’s',
    [stage('guards', 1, 0, 10), stage('position', 2, 1, 9, 1)],
    'position',
  ],
  [
    'the parent of concurrent children, which cover it once',
    [stage('emit', 1, 0, 10), stage('a', 2, 0, 4, 1), stage('b', 3, 1, 5, 1)],
    'emit',
  ],
  ['the parent of a child that outlives it', [stage('emit', 1, 0, 10), stage('later', 2, 9, 11, 1)], 'emit'],
  [
    'waiting',
    [spanRecord({ kind: 'wait', name: 'wait', startMillis: 0, endMillis: 8 }), stage('emit', 2, 8, 9)],
    'wait',
  ],
])('the slowest stage is %s', (_, spans, slowest) => {
  const kept = keptRecord(tickRecord({ spans }), ['ratio']);
  expect(storeOf(1, [kept]).list().ticks[0].slowestStage).toBe(slowest);
});

test('the time of its requests is a stage’s own', () => {
  const spans = [
    stage('emit', 1, 0, 10),
    spanRecord({
      kind: 'request',
      name: 'POST orders',
      index: 2,
      parentIndex: 1,
      startMillis: 0,
      endMillis: 9,
    }),
    stage('spread', 3, 10, 15),
  ];
  const kept = keptRecord(tickRecord({ spans }), ['ratio']);
  expect(storeOf(1, [kept]).list().ticks[0].slowestStage).toBe('emit');
});

test('a span whose parent was dropped by a limit is shown under the root', () => {
  const tick = tickRecord({ droppedRecords: 1, spans: [spanRecord({ index: 9, parentIndex: 8 })] });
  const store = storeOf(1, [keptRecord(tick, ['ratio'])]);
  expect(store.get(tick.traceId)?.spans[0].parentSpanId).toBe(tick.spanId(0));
});

test('late spans join their tick, as many as the page can show; others are counted', () => {
  const kept = keptTick();
  const store = storeOf(1, [kept]);
  for (let index = 1; index <= 70; index++)
    store.addLateSpan(lateSpan(kept.tick, { index, name: `late ${index}` }));
  store.addLateSpan(lateSpan(tickRecord()));
  expect(store.get(kept.tick.traceId)?.spans).toHaveLength(64);
  expect(store.lateSpansLeftOut).toBe(7);
});

test('ticks that continue one remote trace are kept apart', () => {
  const traceId = 'f'.repeat(32);
  const [first, second] = [tickRecord({ traceId }), tickRecord({ traceId })];
  const kept = [first, second].map((tick) => keptRecord(tick, ['ratio']));
  const store = storeOf(2, kept);
  kept[0].exportState = 'exported';
  store.addLateSpan(lateSpan(first, { name: 'late' }));
  expect(store.list().ticks.map(({ exportState }) => exportState)).toEqual(['queued', 'exported']);
  expect(store.get(traceId)?.rootSpanId).toBe(second.spanId(0));
  expect(store.get(traceId)?.spans).toEqual([]);
});

test('never holds more than it may, and always the latest', () => {
  const ids = fc.array(fc.nat(5), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 10 }), (traces, maxTicks) => {
      const ticks = traces.map((id) =>
        keptRecord(tickRecord({ traceId: `${id}`.padStart(32, '0') }), ['ratio']),
      );
      const store = storeOf(maxTicks, ticks);
      const latest = ticks.slice(-maxTicks);
      expect(store.list({ limit: 1000 }).ticks.map(({ traceId }) => traceId)).toEqual(
        latest.map(({ tick }) => tick.traceId).reverse(),
      );
      for (let id = 0; id <= 5; id++) {
        const traceId = `${id}`.padStart(32, '0');
        const newest = latest.findLast(({ tick }) => tick.traceId === traceId);
        expect(store.get(traceId)?.rootSpanId).toBe(newest?.tick.spanId(0));
      }
    }),
  );
});
