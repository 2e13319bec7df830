import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import type { EndOutcome } from '../outcomes.js';
import { Recording } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

const ERROR = new TypeError('no book');

describe('the outcome of a tick', () => {
  test.each<[string, (recording: Recording) => void, string]>([
    ['is ok by default', ({ scope }) => scope.begin().end(), 'ok'],
    ['is what end was given', ({ scope }) => scope.begin().end('stale'), 'stale'],
    ['is failed after fail', ({ scope }) => scope.begin().fail(ERROR), 'failed "TypeError: no book"'],
    ['is failed after fail without an error', ({ scope }) => scope.begin().fail(), 'failed'],
  ])('%s', (_name, act, expected) => {
    const recording = new Recording();
    act(recording);
    expect(recording.text).toBe(expected);
  });

  test('is guard after a trip, whatever end is given', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    tick.guardTrip('max_position');
    tick.end('stale');
    expect(recording.text).toBe('guard\n  ! guard_trip max_position');
  });

  test('is failed after a trip and a failure', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    tick.guardTrip('max_position');
    tick.fail('venue closed');
    expect(recording.text).toBe('failed "venue closed"\n  ! guard_trip max_position');
  });

  test('counts once, and every trip of a guard counts', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (const reason of ['stale_book', 'stale_book', 'max_spread']) tick.guardTrip(reason);
    tick.end();
    expect(recording.counts.split('\n')).toEqual([
      'mm_guard_trips_total{max_spread} 1',
      'mm_guard_trips_total{stale_book} 2',
      'mm_stage_duration_ms{tick_total} 1',
      'mm_ticks_total{guard} 1',
    ]);
    expect(recording.ticks[0].guardReasons).toEqual(['stale_book', 'stale_book', 'max_spread']);
  });

  test('of a callback that throws is failed, and the error comes through untouched', async () => {
    const recording = new Recording();
    const { scope } = recording;
    expect(() =>
      scope.tick(() => {
        throw ERROR;
      }),
    ).toThrow(ERROR);
    await expect(scope.tick(async () => Promise.reject(ERROR))).rejects.toBe(ERROR);
    expect(recording.text).toBe('failed "TypeError: no book"\nfailed "TypeError: no book"');
  });

  test('of a callback that ended its tick stays what it was, even if the body throws afterwards', () => {
    const recording = new Recording();
    expect(() =>
      recording.scope.tick((tick) => {
        tick.end('throttled');
        throw ERROR;
      }),
    ).toThrow(ERROR);
    expect(recording.text).toBe('throttled');
    expect(recording.anomalies).toEqual({});
  });

  test('that only the recorder may give, or that does not exist, is ignored and counted', () => {
    const recording = new Recording();
    for (const outcome of ['failed', 'guard', 'abandoned', 'late', null, Symbol('ok')]) {
      recording.scope.begin().end(outcome as EndOutcome);
    }
    expect(recording.ticks.map(({ outcome }) => outcome)).toEqual(new Array(6).fill('ok'));
    expect(recording.anomalies).toEqual({ arguments_ignored: 6 });
  });

  test('of a skipped tick is counted without a duration or a miss', () => {
    const recording = new Recording({ loop: { deadlineMs: 1e-9 } });
    recording.scope.skip('busy', 'BTC-USD');
    recording.scope.skip('coalesced', 'BTC-USD', 41);
    recording.scope.skip('coalesced', undefined, 0);
    expect(recording.counts).toBe('mm_ticks_total{busy} 1\nmm_ticks_total{coalesced} 41');
    expect(recording.text).toBe('');
  });

  test('of a skip that is none is ignored and counted', () => {
    const recording = new Recording();
    const skip = recording.scope.skip.bind(recording.scope) as (...args: unknown[]) => void;
    for (const [outcome, count] of [
      ['ok', 1],
      ['failed', 1],
      ['abandoned', 1],
      [undefined, 1],
      ['busy', -1],
      ['busy', 0.5],
      ['busy', Number.NaN],
      ['busy', Number.POSITIVE_INFINITY],
      ['busy', '1'],
    ]) {
      skip(outcome, undefined, count);
    }
    expect(recording.counts).toBe('');
    expect(recording.anomalies).toEqual({ arguments_ignored: 9 });
  });
});

describe('a deadline', () => {
  function missesAt(durationMillis: number, act: (recording: Recording) => void = () => {}): string {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    const tick = recording.scope.begin();
    act(recording);
    clock.now += durationMillis;
    tick.end();
    return recording.text;
  }

  test('is missed strictly beyond it', () => {
    expect(missesAt(19.999)).toBe('ok');
    expect(missesAt(20)).toBe('ok');
    expect(missesAt(20.001)).toBe('ok missed');
  });

  test('is the one that held at begin', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    const patient = recording.scope.begin({ deadlineMs: 100 });
    const eager = recording.scope.begin({ deadlineMs: 5 });
    const plain = recording.scope.begin();
    clock.now += 30;
    for (const tick of [patient, eager, plain]) tick.end();
    expect(recording.ticks.map(({ deadlineMillis, missed }) => [deadlineMillis, missed])).toEqual([
      [100, false],
      [5, true],
      [20, true],
    ]);
    expect(recording.counts).toContain('mm_tick_deadline_miss_total{tick_total} 2');
  });

  test('runs from startedAt', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    const tick = recording.scope.begin({ startedAt: clock.now - 15 });
    clock.now += 6;
    tick.lap('fetch_md');
    tick.end();
    expect(recording.text).toBe('ok missed\n  wait\n  fetch_md');
    const [{ startMillis, beginMillis, endMillis, spans }] = recording.ticks;
    expect([beginMillis - startMillis, endMillis - startMillis]).toEqual([15, 21]);
    expect(spans.map((span) => span.endMillis - span.startMillis)).toEqual([15, 6]);
  });

  test('is missed whatever the outcome', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    const ticks = [0, 1, 2].map(() => recording.scope.begin());
    clock.now += 21;
    ticks[0].fail();
    ticks[1].guardTrip('stale_book');
    ticks[1].end();
    ticks[2].end('stale');
    expect(recording.ticks.map(({ outcome, missed }) => [outcome, missed])).toEqual([
      ['failed', true],
      ['guard', true],
      ['stale', true],
    ]);
  });

  test('that is no positive number is ignored and counted', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    for (const deadlineMs of [0, -1, Number.NaN]) recording.scope.begin({ deadlineMs }).end();
    expect(recording.ticks.map(({ deadlineMillis }) => deadlineMillis)).toEqual([20, 20, 20]);
    expect(recording.anomalies).toEqual({ deadline_ignored: 3 });
  });

  test('that is infinite stands for none', () => {
    const recording = new Recording({ loop: { deadlineMs: 20 } });
    recording.scope.begin({ deadlineMs: Number.POSITIVE_INFINITY }).end();
    expect(recording.ticks[0].deadlineMillis).toBeUndefined();
  });

  test('of a loop that is no positive number is ignored and counted', () => {
    const recording = new Recording();
    for (const deadlineMs of [0, -1, Number.NaN]) {
      const tick = recording.scope.loop(`hedge ${deadlineMs}`, { deadlineMs }).begin();
      clock.now += 1;
      tick.end();
    }
    expect(recording.ticks.map(({ missed }) => missed)).toEqual([false, false, false]);
    expect(recording.anomalies).toEqual({ deadline_ignored: 3 });
  });
});

describe('a start time', () => {
  test.each([
    ['in the future', 1e-6, 'started_at_ignored'],
    ['older than a minute', -60_000.001, 'started_at_ignored'],
    ['that is not finite', Number.NEGATIVE_INFINITY, 'started_at_ignored'],
    ['that is not a number', Number.NaN, 'started_at_ignored'],
    ['of exactly a minute ago', -60_000, undefined],
    ['of now', 0, undefined],
  ])('%s', (_name, offset, anomaly) => {
    const recording = new Recording();
    recording.scope.begin({ startedAt: clock.now + offset }).end();
    const waited = anomaly === undefined && offset < 0;
    expect(recording.text).toBe(waited ? 'ok\n  wait' : 'ok');
    expect(recording.anomalies).toEqual(anomaly === undefined ? {} : { [anomaly]: 1 });
  });
});

describe('a tick that is never ended', () => {
  test('is closed as abandoned when its slot is needed and it is old enough', () => {
    const recording = new Recording({ abandonAfterMillis: 1_000, sizes: { inFlightSlots: 2 } });
    const { scope } = recording;
    const forgotten = scope.begin({ symbol: 'forgotten' });
    forgotten.lap('fetch_md');
    clock.now += 1_000.5;
    const kept = scope.begin({ symbol: 'kept' });
    const third = scope.begin({ symbol: 'third' });
    third.end();
    kept.end();
    expect(recording.text).toBe('abandoned forgotten missed\n  fetch_md\nok kept\nok third');
    expect(recording.counts).toContain('mm_tick_deadline_miss_total{tick_total} 1');
    forgotten.end();
    expect(recording.anomalies).toEqual({ ticks_abandoned: 1, use_after_end: 1 });
  });

  test('is abandoned as well after a trip or failure that did not end it', () => {
    const recording = new Recording({ abandonAfterMillis: 1_000, sizes: { inFlightSlots: 1 } });
    recording.scope.begin().guardTrip('stale_book');
    clock.now += 1_001;
    recording.scope.begin().end();
    expect(recording.ticks.map(({ outcome }) => outcome)).toEqual(['abandoned', 'ok']);
  });
});
