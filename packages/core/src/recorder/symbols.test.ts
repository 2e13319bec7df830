import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUCKET_FAMILIES } from '../catalogue/buckets.js';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { bucketCounts, totalCount } from '../memory/histogram.js';
import { Recording, type RecordingOptions } from '../recording.test.fixture.js';
import type { HistogramSnapshot } from '../records.js';
import { ForeignTick } from './foreign-tick.js';
import { DEFAULT_RECORDER_OPTIONS } from './recorder.js';
import { cellsFor, definitionBytesFor } from './series.js';

beforeEach(stopClock);
afterEach(startClock);

const STAGES = ['fetch_md', 'spread'];

/** With the memory that such a recorder is given. */
function recordingOf(symbolLimit: number, { loop = {}, ...options }: RecordingOptions = {}): Recording {
  const declared = loop.stages?.length ?? 0;
  const { cells, definitionBytes } = DEFAULT_RECORDER_OPTIONS.sizes;
  return new Recording({
    symbolLimit,
    loop,
    ...options,
    sizes: {
      cells: cellsFor(cells, declared, symbolLimit),
      definitionBytes: definitionBytesFor(definitionBytes, declared, symbolLimit),
      ...options.sizes,
    },
  });
}

function stagesOf(recording: Recording): HistogramSnapshot[] {
  return recording.reader
    .series()
    .filter((one): one is HistogramSnapshot => one.type === 'histogram')
    .filter(({ metric }) => metric === 'mm_stage_duration_ms');
}

function runTick(recording: Recording, symbol: string | undefined): void {
  const tick = recording.scope.begin(symbol === undefined ? {} : { symbol });
  clock.now += 3;
  tick.lap('spread');
  tick.guardTrip('stale_book');
  tick.end();
}

describe('with symbols told apart', () => {
  test('stages, whole ticks and misses have a series for each symbol; outcomes and trips do not', () => {
    const recording = recordingOf(8, { loop: { stages: STAGES, deadlineMs: 2 } });
    for (const symbol of ['BTC-USD', 'ETH-USD', 'BTC-USD']) runTick(recording, symbol);
    expect(recording.counts.split('\n')).toEqual([
      'mm_guard_trips_total{stale_book} 3',
      'mm_stage_duration_ms{spread,BTC-USD} 2',
      'mm_stage_duration_ms{spread,ETH-USD} 1',
      'mm_stage_duration_ms{tick_total,BTC-USD} 2',
      'mm_stage_duration_ms{tick_total,ETH-USD} 1',
      'mm_tick_deadline_miss_total{tick_total,BTC-USD} 2',
      'mm_tick_deadline_miss_total{tick_total,ETH-USD} 1',
      'mm_ticks_total{guard} 3',
    ]);
    expect(recording.anomalies).toEqual({});
    expect(recording.ticks.map(({ symbol, missed }) => [symbol, missed])).toEqual([
      ['BTC-USD', true],
      ['ETH-USD', true],
      ['BTC-USD', true],
    ]);
  });

  test('a symbol has the series of all declared stages from its first tick on', () => {
    const recording = recordingOf(8, { loop: { stages: STAGES } });
    recording.scope.begin({ symbol: 'BTC-USD' });
    const labels = stagesOf(recording).map((one) => Object.values(one.labels).join());
    const own = ['tick_total', 'wait', ...STAGES];
    expect(labels).toEqual([...own, ...own.map((stage) => `${stage},BTC-USD`)]);
  });

  test.each([undefined, ''])('a tick on symbol %j belongs to the series without one', (symbol) => {
    const recording = recordingOf(8, { loop: { stages: STAGES, deadlineMs: 2 } });
    runTick(recording, symbol);
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total} 1');
    expect(recording.counts).toContain('mm_tick_deadline_miss_total{tick_total} 1');
    expect(stagesOf(recording).every(({ labels }) => !('symbol' in labels))).toBe(true);
  });

  test('every style of instrumenting counts for the symbol of its tick', async () => {
    const recording = recordingOf(8, { loop: { stages: ['a'] } });
    const { scope } = recording;
    const outer = scope.begin({ symbol: 'A', startedAt: clock.now - 5 });
    await scope.tick({ symbol: 'B' }, async (tick) => {
      await tick.stage('a', async (stage) => {
        await null;
        stage.stage('undeclared', () => outer.lap('a'));
      });
    });
    outer.start('a').end();
    outer.end();
    expect(recording.counts.split('\n')).toEqual([
      'mm_stage_duration_ms{a,A} 2',
      'mm_stage_duration_ms{a,B} 1',
      'mm_stage_duration_ms{tick_total,A} 1',
      'mm_stage_duration_ms{tick_total,B} 1',
      'mm_stage_duration_ms{undeclared,B} 1',
      'mm_stage_duration_ms{wait,A} 1',
      'mm_ticks_total{ok} 2',
    ]);
  });

  test("another tracer's tick counts for its symbol", () => {
    const recording = recordingOf(8);
    const tick = new ForeignTick(recording.scope, {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      parentSpanId: undefined,
      threshold: undefined,
      symbol: 'BTC-USD',
      startedAt: undefined,
      deadlineMs: undefined,
    });
    tick.end(undefined);
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total,BTC-USD} 1');
  });

  test('each loop has its own series of a symbol', () => {
    const recording = recordingOf(8);
    runTick(recording, 'BTC-USD');
    recording.scope.loop('hedge').begin({ symbol: 'BTC-USD' }).end();
    recording.scope.loop('hedge').begin().end();
    const totals = stagesOf(recording).filter(({ labels }) => labels.stage === 'tick_total');
    expect(totals.map(({ labels, cells }) => [labels, totalCount(cells)])).toEqual([
      [{ stage: 'tick_total' }, 0],
      [{ stage: 'tick_total', symbol: 'BTC-USD' }, 1],
      [{ stage: 'tick_total', loop: 'hedge' }, 1],
      [{ stage: 'tick_total', symbol: 'BTC-USD', loop: 'hedge' }, 1],
    ]);
    expect(recording.ticks.map(({ loop }) => loop)).toEqual([undefined, 'hedge', 'hedge']);
  });
});

describe('symbols beyond the limit', () => {
  test('share series that keep their stage, and are counted once each', () => {
    const recording = recordingOf(2, { loop: { stages: STAGES, deadlineMs: 2 } });
    for (let round = 0; round < 3; round++) {
      for (const symbol of ['A', 'B', 'C', 'D']) runTick(recording, symbol);
    }
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total,A} 3');
    expect(recording.counts).toContain('mm_tick_deadline_miss_total{tick_total,B} 3');
    expect(recording.anomalies).toEqual({ series_overflow: 2 });
    const shared = stagesOf(recording).filter(({ labels }) => 'otel.metric.overflow' in labels);
    expect(shared.map(({ labels, cells }) => [labels, totalCount(cells)])).toEqual(
      [
        ['tick_total', 6],
        ['wait', 0],
        ['fetch_md', 0],
        ['spread', 6],
      ].map(([stage, count]) => [{ stage, 'otel.metric.overflow': 'true' }, count]),
    );
    // Traces name the symbol all the same.
    expect(recording.ticks.at(-1)?.symbol).toBe('D');
  });

  test('are counted for all loops together', () => {
    const recording = recordingOf(2);
    recording.scope.begin({ symbol: 'A' }).end();
    recording.scope.loop('hedge').begin({ symbol: 'A' }).end();
    recording.scope.loop('hedge').begin({ symbol: 'B' }).end();
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total,A,hedge} 1');
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total,true,hedge} 1');
  });

  test('and those that the table of names had no room for lose nothing but their label', () => {
    const recording = recordingOf(8, { sizes: { definitionBytes: 8_192, ringSlots: 16_384 } });
    for (let n = 0; n < 2_000; n++) recording.scope.begin({ symbol: `symbol ${n}` }).end();
    recording.scope.begin({ symbol: 7 as unknown as string }).end();
    const totals = stagesOf(recording).filter(({ labels }) => labels.stage !== 'wait');
    expect(totals.reduce((sum, { cells }) => sum + totalCount(cells), 0)).toBe(2_001);
  });

  test.each([
    [1, 0],
    [64, 4],
    [64, 64],
    [1_000, 8],
  ])('only: %d symbols of %d declared stages fit the memory that is set aside', (limit, declared) => {
    const stages = Array.from({ length: declared }, (_, n) => `stage ${n}`.padEnd(64, '.'));
    const recording = recordingOf(limit, { loop: { stages } });
    for (let n = 0; n < limit; n++) {
      const tick = recording.scope.begin({ symbol: `symbol ${n}`.padEnd(64, '.') });
      // As many as the default sizes are made for, where the loop declares fewer.
      for (let stage = declared; stage < 8; stage++) tick.lap(`undeclared ${stage}`);
      tick.end();
    }
    expect(recording.anomalies).toEqual({});
  });
});

describe('without symbols told apart', () => {
  test('there is no label, and stages keep their finer cells', () => {
    const recording = new Recording({ loop: { stages: STAGES, deadlineMs: 2 } });
    runTick(recording, 'BTC-USD');
    expect(recording.counts.split('\n')).toEqual([
      'mm_guard_trips_total{stale_book} 1',
      'mm_stage_duration_ms{spread} 1',
      'mm_stage_duration_ms{tick_total} 1',
      'mm_tick_deadline_miss_total{tick_total} 1',
      'mm_ticks_total{guard} 1',
    ]);
    expect(stagesOf(recording).every(({ family }) => family === BUCKET_FAMILIES.compute)).toBe(true);
  });

  test('the buckets are the sums over the symbols, at every bound', () => {
    const { boundsMillis } = BUCKET_FAMILIES.compute;
    // The clock stands at zero, so that a duration is exactly what was drawn.
    const millis = fc.oneof(
      fc.constantFrom(0, ...boundsMillis),
      fc.constantFrom(...boundsMillis).map((bound) => bound * (1 + 2 ** -52)),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
    );
    const symbol = fc.constantFrom(undefined, '', 'A', 'B', 'C', 'D');
    fc.assert(
      fc.property(fc.array(fc.tuple(symbol, millis), { maxLength: 60 }), (ticks) => {
        const recordings = [0, 2].map((limit) => recordingOf(limit, { loop: { deadlineMs: 250 } }));
        for (const [symbol, duration] of ticks) {
          for (const { scope } of recordings) {
            clock.now = 0;
            const tick = scope.begin(symbol === undefined ? {} : { symbol });
            clock.now = duration;
            tick.end();
          }
        }
        const expected = new Array<number>(boundsMillis.length + 1).fill(0);
        for (const [, duration] of ticks) {
          const bucket = boundsMillis.findIndex((bound) => duration <= bound);
          expected[bucket < 0 ? boundsMillis.length : bucket]++;
        }
        const misses = ticks.filter(([, duration]) => duration > 250).length;
        for (const recording of recordings) {
          const totals = stagesOf(recording).filter(({ labels }) => labels.stage === 'tick_total');
          const sums = totals
            .map(({ family, cells }) => bucketCounts(family, cells))
            .reduce((a, b) => a.map((count, index) => count + b[index]));
          expect(sums).toEqual(expected);
          expect(Math.max(...totals.map(({ max }) => max))).toBe(Math.max(0, ...ticks.map(([, ms]) => ms)));
          expect(missesOf(recording)).toBe(misses);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function missesOf(recording: Recording): number {
  let misses = 0;
  for (const one of recording.reader.series()) {
    if (one.metric === 'mm_tick_deadline_miss_total' && one.type === 'counter') misses += one.value;
  }
  return misses;
}
