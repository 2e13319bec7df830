import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

describe('a loop', () => {
  test('has its own deadline, and its ticks, trips, misses and skips carry its name', () => {
    const recording = new Recording({ loop: { stages: ['net'], deadlineMs: 100 } });
    const hedge = recording.scope.loop('hedge', { stages: ['net'], guardReasons: ['delta'], deadlineMs: 5 });
    for (const loop of [recording.scope, hedge]) {
      const tick = loop.begin({ symbol: 'BTC' });
      clock.now += 6;
      tick.lap('net');
      tick.guardTrip('delta');
      tick.end();
    }
    hedge.skip('busy', 'BTC', 3);
    expect(recording.text.split('\n')).toEqual([
      'guard BTC',
      '  net',
      '  ! guard_trip delta',
      'guard loop=hedge BTC missed',
      '  net',
      '  ! guard_trip delta',
    ]);
    expect(recording.counts.split('\n')).toEqual([
      'mm_guard_trips_total{delta,hedge} 1',
      'mm_guard_trips_total{delta} 1',
      'mm_stage_duration_ms{net,hedge} 1',
      'mm_stage_duration_ms{net} 1',
      'mm_stage_duration_ms{tick_total,hedge} 1',
      'mm_stage_duration_ms{tick_total} 1',
      'mm_tick_deadline_miss_total{tick_total,hedge} 1',
      'mm_ticks_total{busy,hedge} 3',
      'mm_ticks_total{guard,hedge} 1',
      'mm_ticks_total{guard} 1',
    ]);
  });

  test('is the same one under the same name, with the options of the first call', () => {
    const recording = new Recording();
    const first = recording.scope.loop('hedge', { deadlineMs: 5 });
    expect(recording.scope.loop('hedge', { deadlineMs: 50 })).toBe(first);
    first.begin().end();
    expect(recording.ticks[0].deadlineMillis).toBe(5);
  });

  test('counts its outcomes and declared reasons from zero', () => {
    const recording = new Recording({ loop: { guardReasons: ['stale_book'] } });
    const zeros = recording.reader
      .series()
      .map(({ metric, labels }) => `${metric}{${Object.values(labels)}}`);
    expect(zeros).toContain('mm_guard_trips_total{stale_book}');
    expect(zeros).toContain('mm_ticks_total{abandoned}');
    expect(zeros).toContain('mm_tick_deadline_miss_total{tick_total}');
  });

  test.each([[[]], [['fetch_md']]])('with the stages %j takes them in any order and any number', (stages) => {
    const recording = new Recording({ loop: { stages } });
    const order = ['c', 'fetch_md', 'fetch_md', 'b', 'a', 'fetch_md', 'a', 'b', 'c', 'c'];
    recording.scope.tick((tick) => {
      for (const stage of order) tick.lap(stage);
    });
    expect(recording.ticks[0].spans.map(({ name }) => name)).toEqual(order);
    expect(recording.counts).toContain('mm_stage_duration_ms{c} 3');
  });

  test.each(['tick_total', 'wait'])('records a stage that is called %s as other, counted', (name) => {
    for (const stages of [[], [name]]) {
      const recording = new Recording({ loop: { stages } });
      const tick = recording.scope.begin({ startedAt: clock.now - 5 });
      clock.now += 2;
      tick.lap(name);
      tick.stage(name, () => {});
      tick.end();
      expect(recording.text).toBe('ok\n  wait\n  other\n  other');
      expect(recording.counts.split('\n').slice(0, 3)).toEqual([
        'mm_stage_duration_ms{other} 2',
        'mm_stage_duration_ms{tick_total} 1',
        'mm_stage_duration_ms{wait} 1',
      ]);
      expect(recording.ticks[0].beginMillis).toBe(clock.now - 2);
      expect(recording.anomalies).toEqual({ arguments_ignored: 1 });
    }
  });
});

describe('the ambient tick', () => {
  test('is that of tick.run and tick.bind, across awaits and timers, whatever runs beside it', async () => {
    const recording = new Recording();
    const { scope } = recording;
    const seen: [string, unknown][] = [];
    const one = async (symbol: string): Promise<void> => {
      const tick = scope.begin({ symbol });
      const own = tick.logFields();
      await tick.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push([symbol, scope.currentTick() === tick]);
        await null;
        expect(scope.logFields()).toEqual(own);
      });
      const later = tick.bind((label: string) => [label, scope.logFields()]);
      expect(scope.currentTick()).toBeUndefined();
      expect(await new Promise((resolve) => setImmediate(() => resolve(later('bound'))))).toEqual([
        'bound',
        own,
      ]);
      tick.end();
    };
    await Promise.all(['BTC', 'ETH', 'SOL'].map(one));
    expect(seen).toEqual(['BTC', 'ETH', 'SOL'].map((symbol) => [symbol, true]));
    expect(scope.logFields()).toEqual({});
    expect(recording.anomalies).toEqual({});
  });

  test('is the innermost one where ticks are nested', () => {
    const { scope } = new Recording();
    scope.tick((outer) => {
      scope.tick((inner) => {
        expect(scope.currentTick()).toBe(inner);
        outer.run(() => expect(scope.currentTick()).toBe(outer));
      });
      expect(scope.currentTick()).toBe(outer);
    });
  });

  test('passes the receiver and all arguments to a bound function', () => {
    const { scope } = new Recording();
    const tick = scope.begin();
    const book = {
      bid: 3,
      spread(this: { bid: number }, ask: number, fee: number) {
        return ask - this.bid - fee;
      },
    };
    const bound = { bid: 5, spread: tick.bind(book.spread) };
    expect(bound.spread(10, 1)).toBe(4);
    tick.end();
  });
});
