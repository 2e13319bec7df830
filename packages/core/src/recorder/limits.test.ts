import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tick } from '../api.js';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

/** Records that a tick's frame holds. */
const RECORDS = 62;

describe('a frame that is full', () => {
  test('drops further spans, which are counted and still measured', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (let lap = 0; lap < RECORDS + 8; lap++) tick.lap('spread');
    const stage = tick.start('guards');
    clock.now += 2;
    stage.end();
    tick.exchangeRequest('POST', 'orders', () => null);
    tick.end();
    expect(recording.ticks[0].spans).toHaveLength(RECORDS);
    expect(recording.ticks[0].droppedRecords).toBe(10);
    expect(recording.anomalies).toEqual({ spans_tick_limit: 10 });
    expect(recording.counts.split('\n')).toEqual([
      'mm_exchange_req_ms{POST,orders} 1',
      'mm_exchange_requests_total{POST,orders,ok} 1',
      'mm_stage_duration_ms{guards} 1',
      `mm_stage_duration_ms{spread} ${RECORDS + 8}`,
      'mm_stage_duration_ms{tick_total} 1',
      'mm_ticks_total{ok} 1',
    ]);
    const guards = recording.reader.series().find(({ labels }) => labels.stage === 'guards');
    expect(guards).toMatchObject({ sum: 2, max: 2 });
  });

  test('drops further events, attributes and texts, which are counted, while trips count all the same', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (let lap = 0; lap < RECORDS; lap++) tick.lap('spread');
    tick.guardTrip('stale_book');
    tick.setAttribute('n', 1).setAttribute('text', 'x'.repeat(100));
    tick.fail(new Error('no room'));
    expect(recording.ticks[0]).toMatchObject({ outcome: 'failed', droppedRecords: 4, guardReasons: [] });
    expect(recording.anomalies).toEqual({ details_tick_limit: 4 });
    expect(recording.counts).toContain('mm_guard_trips_total{stale_book} 1');
  });

  test('takes a short detail after a text that did not fit', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (let lap = 0; lap < RECORDS - 3; lap++) tick.lap('spread');
    tick.setAttribute('long', 'x'.repeat(240)).setAttribute('short', 'x'.repeat(24));
    tick.end();
    expect(recording.ticks[0].attributes).toEqual({ short: 'x'.repeat(24) });
    expect(recording.ticks[0].droppedRecords).toBe(1);
  });

  test('gives the children of a dropped stage to the parent that it would have had', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const outer = tick.start('outer');
    for (let lap = 1; lap < RECORDS; lap++) tick.lap('spread');
    const dropped = outer.start('dropped');
    expect(dropped.spanContext()).toEqual(outer.spanContext());
    dropped.stage('inner', (inner) => expect(inner.spanContext()).toEqual(outer.spanContext()));
    dropped.fail(new Error('seen by nobody'));
    outer.end();
    tick.end();
    expect(recording.ticks[0].spans[0].error).toBeUndefined();
    expect(recording.counts).toContain('mm_stage_duration_ms{dropped} 1');
  });

  test('counts more than 255 drops exactly, although the tick itself says no more than that', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (let lap = 0; lap < RECORDS + 300; lap++) tick.lap('spread');
    tick.end();
    expect(recording.ticks[0].droppedRecords).toBe(255);
    expect(recording.anomalies).toEqual({ spans_tick_limit: 300 });
  });
});

describe('more open ticks than the table has slots', () => {
  test('are timed and counted but not traced', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 2, spillSlots: 3 }, loop: { deadlineMs: 5 } });
    const ticks = [1, 2, 3, 4].map((n) => recording.scope.begin({ symbol: `S${n}` }));
    for (const tick of ticks) {
      clock.now += 2;
      tick.lap('spread');
      tick.stage('guards', () => tick.setAttribute('n', 1));
      tick.guardTrip('max_position');
      clock.now += 1;
    }
    expect(recording.reader.openTicks).toBe(4);
    expect(recording.reader.parallelSymbols).toBe(4);
    for (const tick of ticks) tick.end();
    expect(recording.ticks.map(({ symbol }) => symbol)).toEqual(['S1', 'S2']);
    expect(recording.counts.split('\n')).toEqual([
      'mm_guard_trips_total{max_position} 4',
      'mm_stage_duration_ms{guards} 4',
      'mm_stage_duration_ms{spread} 4',
      'mm_stage_duration_ms{tick_total} 4',
      'mm_tick_deadline_miss_total{tick_total} 4',
      'mm_ticks_total{guard} 4',
    ]);
    // A root and two stages each.
    expect(recording.anomalies).toEqual({ in_flight_full: 2, spans_in_flight_full: 6 });
    expect([recording.reader.openTicks, recording.reader.parallelSymbols]).toEqual([0, 0]);
  });

  test('abandon the oldest when nothing else is free, and begin never fails', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 2, spillSlots: 2 } });
    const ticks: Tick[] = [];
    for (let n = 0; n < 10; n++) {
      clock.now += 1;
      ticks.push(recording.scope.begin({ symbol: `S${n}` }));
    }
    expect(recording.reader.openTicks).toBe(4);
    for (const tick of ticks) tick.end();
    expect(recording.counts).toContain('mm_ticks_total{abandoned} 6\nmm_ticks_total{ok} 4');
    expect(recording.anomalies).toMatchObject({ ticks_abandoned: 6, use_after_end: 6 });
    recording.scope.begin({ symbol: 'fresh' }).end();
    expect(recording.ticks.at(-1)?.symbol).toBe('fresh');
  });
});

describe('a ring that is full', () => {
  test('refuses frames, whose spans are counted, while everything is measured', () => {
    const recording = new Recording({ sizes: { ringSlots: 128, prioritySlots: 128 } });
    for (let n = 0; n < 100; n++) {
      const tick = recording.scope.begin();
      tick.lap('spread');
      tick.lap('guards');
      tick.end();
    }
    expect(recording.ticks).toHaveLength(32);
    expect(recording.anomalies).toEqual({ frames_ring_full: 68, spans_ring_full: 3 * 68 });
    expect(recording.counts).toContain('mm_stage_duration_ms{tick_total} 100');
  });

  test('still takes missed, failed and guarded ticks', () => {
    const recording = new Recording({
      sizes: { ringSlots: 128, prioritySlots: 128 },
      loop: { deadlineMs: 5 },
    });
    for (let n = 0; n < 100; n++) recording.scope.begin().end();
    recording.scope.begin().fail();
    const late = recording.scope.begin();
    clock.now += 6;
    late.end();
    const tripped = recording.scope.begin();
    tripped.guardTrip('stale_book');
    tripped.end();
    expect(recording.text.split('\n').slice(64)).toEqual([
      'failed',
      'ok missed',
      'guard',
      '  ! guard_trip stale_book',
    ]);
  });
});

describe('more distinct names than there is room for', () => {
  test.each<[string, (recording: Recording, n: number) => void]>([
    ['stages', ({ scope }, n) => scope.tick((tick) => tick.lap(`stage ${n}`))],
    ['guard reasons', ({ scope }, n) => scope.tick((tick) => tick.guardTrip(`reason ${n}`))],
    ['symbols', ({ scope }, n) => scope.begin({ symbol: `symbol ${n}` }).end()],
    ['attributes', ({ scope }, n) => scope.tick((tick) => void tick.setAttribute(`key ${n}`, `value ${n}`))],
    ['requests', ({ scope }, n) => scope.exchangeRequest('GET', `orders/${n}`, () => null)],
    ['queries', ({ scope }, n) => scope.dbQuery('select', `table ${n}`, () => null)],
    ['operations', ({ scope }, n) => scope.measure(`operation ${n}`, () => null)],
    ['loops', ({ scope }, n) => scope.loop(`loop ${n}`).begin().end()],
  ])('of %s are counted as other, and nothing is lost from the sums', (_name, act) => {
    const recording = new Recording({ sizes: { definitionBytes: 16_384, ringSlots: 16_384 } });
    for (let n = 0; n < 3_000; n++) act(recording, n);
    const { names_overflow = 0, series_overflow = 0 } = recording.anomalies;
    expect(names_overflow + series_overflow).toBeGreaterThan(0);
    expect(() => recording.text).not.toThrow();
    recording.scope.begin().end();
    expect(recording.counts).toMatch(/mm_ticks_total\{ok\} \d+/);
  });

  test('of requests go to the overflow series of their metrics', () => {
    const recording = new Recording({ sizes: { cells: 32_768, ringSlots: 16_384 } });
    for (let n = 0; n < 2_000; n++) recording.scope.exchangeRequest('GET', `orders/${n}`, () => null);
    const requests = recording.reader
      .series()
      .filter(({ metric }) => metric === 'mm_exchange_requests_total');
    const total = requests.reduce((sum, series) => sum + (series.type === 'counter' ? series.value : 0), 0);
    expect(total).toBe(2_000);
    expect(recording.counts).toContain('mm_exchange_req_ms{true} ');
  });

  test('of 255 loops: the 256th is the default one, counted', () => {
    const recording = new Recording({ sizes: { cells: 4_000_000, definitionBytes: 4_000_000 } });
    for (let n = 1; n <= 255; n++) recording.scope.loop(`loop ${n}`).begin().end();
    recording.scope.loop('one too many').begin().end();
    expect(recording.ticks.slice(253).map(({ loop }) => loop)).toEqual(['loop 254', 'loop 255', undefined]);
    expect(recording.anomalies).toEqual({ names_overflow: 1 });
  });
});

describe('memory', () => {
  test('does not grow with names that came after the tables were full', () => {
    const recording = new Recording({ sizes: { definitionBytes: 16_384 } });
    const { scope } = recording;
    const act = (n: number) => {
      scope.exchangeRequest('GET', `orders/${n}`.padEnd(2_000, '.'), () => null);
      scope.tick((tick) => tick.lap(`stage ${n}`.padEnd(2_000, '.')));
      recording.scope.begin({ symbol: `symbol ${n}`.padEnd(2_000, '.') }).end();
    };
    for (let n = 0; n < 2_000; n++) act(n);
    const before = process.memoryUsage().heapUsed;
    for (let n = 2_000; n < 12_000; n++) act(n);
    // 60 MB of names have gone by.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40e6);
  });
});
