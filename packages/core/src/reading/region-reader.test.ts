import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tick } from '../api.js';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';
import type { SeriesSnapshot } from '../records.js';
import { RegionReader } from './region-reader.js';
import { sumSeries } from './series-sum.js';

beforeEach(stopClock);
afterEach(startClock);

describe('open ticks', () => {
  test('are seen with what has happened in them so far', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    const first = recording.scope.begin({ symbol: 'BTC', startedAt: clock.now - 3 });
    first.lap('fetch_md');
    first.start('spread').setAttribute('note', 'x'.repeat(70));
    const second = recording.scope.begin({ symbol: 'ETH' });
    second.guardTrip('stale_book');
    clock.now += 18;
    expect(recording.openText.split('\n')).toEqual([
      'ok BTC missed unfinished',
      '  wait',
      '  fetch_md',
      `  spread unfinished {note="${'x'.repeat(70)}"}`,
      'ok ETH unfinished',
      '  ! guard_trip stale_book',
    ]);
    first.end();
    second.end();
    expect(recording.openText).toBe('');
  });

  test('are overdue strictly beyond their deadline or the limit for those without one', () => {
    const recording = new Recording();
    const { reader, scope } = recording;
    scope.begin({ symbol: 'with', deadlineMs: 20 });
    scope.begin({ symbol: 'without' });
    const overdue = (afterMillis: number) =>
      [...reader.overdueFrames(clock.now + afterMillis, 1_000)].map(
        (view) => reader.decoder.tick(view, { threshold: 0 }, 0n, 0).symbol,
      );
    expect(overdue(20)).toEqual([]);
    expect(overdue(20.1)).toEqual(['with']);
    expect(overdue(1_000.1)).toEqual(['with', 'without']);
  });

  test('are seen in mode metrics too', () => {
    const recording = new Recording({ mode: 'metrics' });
    recording.scope.begin({ symbol: 'BTC' }).lap('fetch_md');
    expect(recording.openText).toBe('ok BTC unfinished\n  fetch_md');
  });

  test('show nothing of the ticks that had their slot before', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 1 } });
    const { scope } = recording;
    const busy = scope.begin({ symbol: 'BTC' });
    for (let lap = 0; lap < 80; lap++) busy.lap('fetch_md');
    busy.fail(new Error('x'));
    scope.begin();
    expect(recording.openText).toBe('ok unfinished');
  });
});

describe('the time of the last activity', () => {
  test('is that of the last begin or end', () => {
    const recording = new Recording();
    expect(recording.reader.lastActivityMillis).toBe(0);
    clock.now += 5;
    const tick = recording.scope.begin();
    expect(recording.reader.lastActivityMillis).toBe(clock.now);
    clock.now += 5;
    tick.end();
    expect(recording.reader.lastActivityMillis).toBe(clock.now);
  });
});

describe('the maximum of parallel symbols', () => {
  test('is that of the symbols with an open tick since the last call, those open then included', () => {
    type Step = 'take' | { readonly open: string } | { readonly close: number };
    const step = fc.oneof(
      fc.record({ open: fc.constantFrom('BTC', 'ETH', 'SOL', 'XRP', 'ADA') }),
      fc.record({ close: fc.nat(20) }),
      fc.constant<Step>('take'),
    );
    fc.assert(
      fc.property(fc.array<Step>(step, { maxLength: 60 }), (steps) => {
        const { scope, reader } = new Recording();
        const open: [string, Tick][] = [];
        const symbols = () => new Set(open.map(([symbol]) => symbol)).size;
        let maximum = 0;
        for (const next of steps) {
          if (next === 'take') {
            expect(reader.takeParallelMaximum()).toBe(maximum);
            maximum = symbols();
          } else if ('open' in next) {
            open.push([next.open, scope.begin({ symbol: next.open })]);
          } else if (open.length > 0) {
            const [[, tick]] = open.splice(next.close % open.length, 1);
            tick.end();
          }
          maximum = Math.max(maximum, symbols());
          expect(reader.parallelSymbols).toBe(symbols());
        }
      }),
      { numRuns: 60 },
    );
  });

  test('does not count ticks without a symbol, and one symbol once', () => {
    const { scope, reader } = new Recording();
    for (const symbol of ['BTC', 'BTC', undefined]) scope.begin({ ...(symbol !== undefined && { symbol }) });
    expect(reader.takeParallelMaximum()).toBe(1);
  });
});

describe('definitions', () => {
  test('are read by a reader that comes late as by one that was there', () => {
    const recording = new Recording({ loop: { stages: ['fetch_md'], deadlineMs: 20 } });
    recording.scope.tick((tick) => tick.lap('fetch_md'));
    void recording.counts;
    recording.scope.loop('hedge', { stages: ['net', 'route'], guardReasons: ['delta'] });
    recording.scope.tick({ symbol: '価格' }, (tick) => tick.lap('new'));
    const late = new RegionReader(recording.recorder.region.buffer);
    expect(late.series()).toEqual(recording.reader.series());
    expect([...late.loops()]).toEqual([
      { name: '', deadlineMillis: 20, stages: ['fetch_md'] },
      { name: 'hedge', deadlineMillis: undefined, stages: ['net', 'route'] },
    ]);
    expect(recording.text).toBe('ok\n  fetch_md\nok 価格\n  new');
  });

  test('of another layout are refused', () => {
    expect(() => new RegionReader(new SharedArrayBuffer(4_096))).toThrow(/layout/);
  });
});

describe('the series of several lanes', () => {
  test('are summed by metric and labels, whatever their order', () => {
    const lanes = [1, 2].map((lane) => {
      const recording = new Recording({ lane, loop: { stages: lane === 1 ? ['a', 'b'] : ['c', 'b'] } });
      for (let n = 0; n < lane; n++) {
        const tick = recording.scope.begin();
        clock.now += 3 * lane;
        tick.lap('b');
        tick.end();
      }
      return recording.reader.series();
    });
    const sums = sumSeries(lanes);
    const find = (metric: string, value: string): SeriesSnapshot | undefined =>
      sums.find((series) => series.metric === metric && Object.values(series.labels).includes(value));
    expect(find('mm_ticks_total', 'ok')).toMatchObject({ value: 3 });
    expect(find('mm_stage_duration_ms', 'b')).toMatchObject({ sum: 3 + 6 + 6, max: 6 });
    expect(find('mm_stage_duration_ms', 'c')).toMatchObject({ sum: 0 });
    expect(new Set(sums.map(({ metric, labels }) => JSON.stringify([metric, labels]))).size).toBe(
      sums.length,
    );
  });
});
