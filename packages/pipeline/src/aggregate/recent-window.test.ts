import { BUCKET_FAMILIES, cellCount, METRICS, type SeriesSnapshot } from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentWindow } from './recent-window.js';

const FAMILY = BUCKET_FAMILIES.compute;

function stage(name: string, cells: Readonly<Record<number, number>>, sum = 0, max = 8000): SeriesSnapshot {
  const all = new Float64Array(cellCount(FAMILY));
  for (const [index, count] of Object.entries(cells)) all[Number(index)] = count;
  const labels = { stage: name };
  return {
    metric: METRICS.stageDuration.name,
    labels,
    type: 'histogram',
    family: FAMILY,
    cells: all,
    sum,
    max,
  };
}

/** Stage to its non-empty cells. */
function shown(series: readonly SeriesSnapshot[]): Record<string, Record<number, number>> {
  return Object.fromEntries(
    series.map((one) => [
      one.labels.stage,
      one.type === 'histogram'
        ? Object.fromEntries(
            [...one.cells].map((count, index) => [index, count]).filter(([, count]) => count !== 0),
          )
        : {},
    ]),
  );
}

describe('the recent window', () => {
  it('gives what was added since about ten seconds ago', () => {
    const window = new RecentWindow();
    for (let second = 0; second <= 30; second++)
      window.capture([stage('emit', { 7: second })], second * 1000);
    const recent = window.difference([stage('emit', { 7: 30, 9: 1 })], 30_500);
    expect(shown(recent.series)).toEqual({ emit: { 7: 10, 9: 1 } });
    expect(recent.windowMillis).toBe(10_500);
  });

  it('has nothing to say before the first capture, and starts from it', () => {
    const window = new RecentWindow();
    expect(window.difference([stage('emit', { 7: 5 })], 0)).toEqual({ windowMillis: 0, series: [] });
    window.capture([stage('emit', { 7: 5 })], 100);
    expect(shown(window.difference([stage('emit', { 7: 6 })], 200).series)).toEqual({ emit: { 7: 1 } });
  });

  it('takes a series that turns up later as new', () => {
    const window = new RecentWindow();
    window.capture([], 0);
    expect(shown(window.difference([stage('late', { 3: 2 })], 500).series)).toEqual({ late: { 3: 2 } });
    window.capture([stage('late', { 3: 2 })], 1000);
    expect(shown(window.difference([stage('late', { 3: 4 })], 1500).series)).toEqual({ late: { 3: 4 } });
  });

  it('measures a series afresh whose cells have become coarser', () => {
    const window = new RecentWindow();
    const coarse = (count: number): SeriesSnapshot => {
      const family = BUCKET_FAMILIES.compute_coarse;
      const cells = new Float64Array(cellCount(family)).fill(count, 3, 4);
      return { ...stage('emit', {}), type: 'histogram', family, cells, sum: count, max: 1 };
    };
    for (const millis of [0, 1000]) window.capture([stage('emit', { 7: 5 })], millis);
    expect(window.difference([coarse(5)], 1500).series).toEqual([]);
    window.capture([coarse(5)], 2000);
    expect(shown(window.difference([coarse(6)], 2500).series)).toEqual({ emit: { 3: 1 } });
    window.capture([coarse(8)], 3000);
    expect(shown(window.difference([coarse(9)], 3500).series)).toEqual({ emit: { 3: 4 } });
  });

  it('is due once an interval', () => {
    const window = new RecentWindow({ intervalMillis: 1000 });
    expect(window.isDue(5)).toBe(true);
    window.capture([], 5);
    expect([window.isDue(1004), window.isDue(1005)]).toEqual([false, true]);
  });

  it('tracks no more series than its limit and counts the others', () => {
    const window = new RecentWindow({ maxSeries: 2 });
    const series = ['a', 'b', 'c'].map((name) => stage(name, { 1: 1 }));
    window.capture(series, 0);
    expect(window.untrackedSeries).toBe(1);
    expect(Object.keys(shown(window.difference(series, 10).series))).toEqual(['a', 'b']);
  });

  it('leaves other metrics alone', () => {
    const window = new RecentWindow();
    const other = { ...stage('x', { 1: 1 }), metric: METRICS.operationDuration.name };
    window.capture([other], 0);
    expect(window.difference([other], 10).series).toEqual([]);
  });

  it('takes the maximum of the window from its highest cell', () => {
    const window = new RecentWindow();
    const last = cellCount(FAMILY) - 1;
    window.capture([stage('emit', { [last]: 1 }, 20_000, 20_000)], 0);
    const [quiet] = window.difference([stage('emit', { 128: 1, [last]: 1 }, 20_000, 20_000)], 1).series;
    expect(quiet.max).toBe(2 ** (FAMILY.minExponent + 1) * (1 + 1 / 128));
    const [beyond] = window.difference([stage('emit', { [last]: 2 }, 50_000, 30_000)], 1).series;
    expect(beyond.max).toBe(30_000);
  });

  it('is the sum of the differences that were captured since its base, for any history', () => {
    const increment = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 })),
    );
    fc.assert(
      fc.property(
        fc.array(increment, { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        (steps, windowSeconds) => {
          const window = new RecentWindow({ windowMillis: windowSeconds * 1000 });
          const totals = new Map<string, Map<number, number>>();
          const series = () => [...totals].map(([name, cells]) => stage(name, Object.fromEntries(cells)));
          const history: ReturnType<typeof shown>[] = [];
          window.capture([], 0);
          history.push({});
          steps.forEach((step, at) => {
            for (const [name, [index, count]] of Object.entries(step)) {
              const cells = totals.get(name) ?? new Map<number, number>();
              cells.set(index, (cells.get(index) ?? 0) + count);
              totals.set(name, cells);
            }
            window.capture(series(), (at + 1) * 1000);
            history.push(shown(series()));
          });
          const base = history[Math.max(0, history.length - 1 - windowSeconds)];
          const expected = Object.fromEntries(
            Object.entries(shown(series())).map(([name, cells]) => [
              name,
              Object.fromEntries(
                Object.entries(cells)
                  .map(([index, count]) => [index, count - (base[name]?.[Number(index)] ?? 0)] as const)
                  .filter(([, count]) => count !== 0),
              ),
            ]),
          );
          expect(shown(window.difference(series(), steps.length * 1000).series)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
