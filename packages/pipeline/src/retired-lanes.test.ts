import {
  DEFAULT_RECORDER_OPTIONS,
  METRICS,
  Recorder,
  RegionReader,
  ScopeRecorder,
  type SeriesSnapshot,
  sumSeries,
} from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetiredLanes } from './retired-lanes.js';

/** A lane that has ended: `ticks` ticks of a loop, read empty. */
function ended(ticks: number, loop = 'main'): RegionReader {
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    sizes: { ...DEFAULT_RECORDER_OPTIONS.sizes, ringSlots: 4_096, inFlightSlots: 4, spillSlots: 4 },
    key: Uint32Array.of(1, 2, 3, 4),
  });
  const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
  const of = new ScopeRecorder(recorder, {}, control).loop(loop, { stages: ['a'] });
  for (let tick = 0; tick < ticks; tick++) of.tick((handle) => handle.lap('a'));
  const reader = new RegionReader(recorder.region.buffer);
  while (reader.nextFrame() !== undefined);
  return reader;
}

const loops = fc.array(fc.record({ ticks: fc.nat(5), loop: fc.constantFrom('main', 'hedge') }), {
  maxLength: 4,
});

describe('the totals of ended lanes', () => {
  test('are what the lanes would say together if they were still read', () => {
    fc.assert(
      fc.property(loops, (lanes) => {
        const readers = lanes.map(({ ticks, loop }) => ended(ticks, loop));
        const retired = new RetiredLanes();
        for (const reader of readers) retired.add(reader, 0);
        const together = sumSeries(readers.map((reader) => reader.series()));
        expect(byKey(retired.series())).toEqual(byKey(together));
        expect(retired.spansRecorded).toBe(lanes.reduce((spans, { ticks }) => spans + ticks * 2, 0));
        expect(retired.spansTaken).toBe(retired.spansRecorded);
      }),
      { numRuns: 20 },
    );
  });

  test('go on in another worker, whatever was retired before and after', () => {
    fc.assert(
      fc.property(loops, loops, (before, after) => {
        const all = new RetiredLanes();
        const first = new RetiredLanes();
        for (const { ticks, loop } of before) for (const one of [all, first]) one.add(ended(ticks, loop), 1);
        const second = new RetiredLanes(structuredClone(first.totals));
        for (const { ticks, loop } of after) for (const one of [all, second]) one.add(ended(ticks, loop), 1);
        expect(counts(second)).toEqual(counts(all));
      }),
      { numRuns: 10 },
    );
  });

  test('count the spans of ticks left open as recorded and taken', () => {
    const retired = new RetiredLanes();
    retired.add(ended(2), 3);
    expect([retired.spansRecorded, retired.spansTaken]).toEqual([7, 7]);
  });

  test('stay bounded when every thread names its loop differently, and lose no tick', () => {
    const retired = new RetiredLanes();
    for (let lane = 0; lane < 600; lane++) retired.add(ended(1, `loop ${lane}`), 0);
    const durations = retired.series().filter(({ metric }) => metric === METRICS.stageDuration.name);
    expect(durations.length).toBeLessThanOrEqual(513);
    const ticks = counts(retired)
      .filter(([key]) => key.startsWith(`${METRICS.ticks.name} `))
      .reduce((sum, [, count]) => sum + count, 0);
    expect(ticks).toBe(600);
    const recorded = durations.reduce((sum, series) => sum + countOf(series), 0);
    // Each tick is a `tick_total` and an `a`.
    expect(recorded).toBe(1_200);
    expect(retired.tally('series_overflow')).toBeGreaterThan(0);
  });
});

function byKey(series: readonly SeriesSnapshot[]) {
  return new Map(series.map((one) => [keyOf(one), one]));
}

function counts(retired: RetiredLanes): [string, number][] {
  return retired
    .series()
    .map((one): [string, number] => [keyOf(one), countOf(one)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function keyOf({ metric, labels }: SeriesSnapshot): string {
  return `${metric} ${JSON.stringify(labels)}`;
}

function countOf(series: SeriesSnapshot): number {
  return series.type === 'histogram' ? series.cells.reduce((a, b) => a + b, 0) : series.value;
}
