import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Stage, Tick } from '../api.js';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

/** Every method of a tick, as somebody calls it who does not know that it has ended. */
const TICK_CALLS: readonly [string, (tick: Tick) => unknown][] = [
  ['lap', (tick) => tick.lap('spread')],
  ['stage', (tick) => tick.stage('spread', () => 1)],
  ['start', (tick) => tick.start('spread')],
  ['guardTrip', (tick) => tick.guardTrip('stale_book')],
  ['setAttribute', (tick) => tick.setAttribute('n', 1)],
  ['end', (tick) => tick.end()],
  ['fail', (tick) => tick.fail(new Error('again'))],
];
const STAGE_CALLS: readonly [string, (stage: Stage) => unknown][] = [
  ['setAttribute', (stage) => stage.setAttribute('n', 1)],
  ['end', (stage) => stage.end()],
  ['fail', (stage) => stage.fail(new Error('again'))],
];

describe('a tick that has ended', () => {
  test.each(TICK_CALLS)('counts a call of %s and does nothing', (_name, call) => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    tick.end();
    const counts = recording.counts;
    call(tick);
    expect(recording.anomalies).toEqual({ use_after_end: 1 });
    expect(recording.counts).toBe(counts);
    expect(recording.text).toBe('ok');
  });

  test('still runs what it is given to run', async () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    tick.end();
    expect(tick.stage('spread', (stage) => stage.stage('inner', () => 'value'))).toBe('value');
    expect(await tick.exchangeRequest('POST', 'orders', async () => 'placed')).toBe('placed');
    expect(tick.run(() => 'ran')).toBe('ran');
    expect(tick.bind((a: number, b: number) => a + b)(1, 2)).toBe(3);
    const error = new Error('untouched');
    expect(() =>
      tick.stage('spread', () => {
        throw error;
      }),
    ).toThrow(error);
  });

  test('ends quietly when its using block ends', () => {
    const recording = new Recording();
    {
      using tick = recording.scope.begin();
      using stage = tick.start('spread');
      stage.end();
      tick.end();
    }
    expect(recording.anomalies).toEqual({});
  });

  test('never affects another tick within 4 096 further ticks', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 4 } });
    const { scope } = recording;
    const stale = scope.begin({ symbol: 'stale' });
    const staleStage = stale.start('spread');
    stale.end();
    let misuses = 0;
    for (let recycle = 0; recycle < 4_096; recycle++) {
      const tick = scope.begin({ symbol: 'other' });
      if (recycle % 64 === 0 || recycle > 4_090) {
        for (const [, call] of TICK_CALLS) call(stale);
        misuses += TICK_CALLS.length;
        staleStage.setAttribute('n', 2);
        misuses++;
      }
      tick.end();
      const last = recording.ticks.at(-1);
      if (last?.outcome !== 'ok' || last.spans.length + last.events.length > 0) expect.fail(recording.text);
    }
    expect(recording.anomalies).toEqual({ use_after_end: misuses });
    expect(recording.ticks).toHaveLength(4_097);
    staleStage.end();
    expect(recording.anomalies).toEqual({ use_after_end: misuses, ended_late: 1 });
  });

  test('never affects another tick at all in debug mode or when it came from a callback', () => {
    const recording = new Recording({ debugHandles: true, sizes: { inFlightSlots: 4 } });
    const stale: Tick[] = [];
    const begun = recording.scope.begin();
    begun.end();
    stale.push(begun);
    recording.scope.tick((tick) => stale.push(tick));
    for (let recycle = 0; recycle < 3 * 4_096; recycle++) recording.scope.begin().end();
    const open = recording.scope.begin();
    for (const tick of stale) for (const [, call] of TICK_CALLS) call(tick);
    open.end();
    expect(recording.ticks.at(-1)?.spans).toEqual([]);
    expect(recording.anomalies.use_after_end).toBe(stale.length * TICK_CALLS.length);
  });

  test('has no context if its handle is recycled, and keeps its own if it came from a callback', () => {
    const recording = new Recording();
    const begun = recording.scope.begin();
    const context = begun.spanContext();
    expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
    begun.end();
    expect(begun.spanContext()).toEqual({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
    expect(begun.logFields()).toEqual({});
    const [tick, inside] = recording.scope.tick((own) => [own, own.logFields()] as const);
    recording.scope.begin();
    expect(tick.logFields()).toEqual(inside);
  });
});

describe('a stage that has ended', () => {
  test.each(STAGE_CALLS)('counts a call of %s and does nothing', (_name, call) => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const stage = tick.start('spread');
    stage.end();
    call(stage);
    tick.end();
    expect(recording.anomalies).toEqual({ use_after_end: 1 });
    expect(recording.text).toBe('ok\n  spread');
    expect(recording.counts).toContain('mm_stage_duration_ms{spread} 1');
  });

  test('of a tick that has ended does not reach into the slot that another tick has taken', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 1 } });
    const { scope } = recording;
    const first = scope.begin();
    const stage = first.start('spread');
    first.end();
    const second = scope.begin();
    second.start('guards').end();
    clock.now += 5;
    stage.setAttribute('n', 1);
    stage.start('child').end();
    stage.fail('late');
    second.end();
    expect(recording.text).toBe('ok\n  spread unfinished\nok\n  guards');
    expect(recording.ticks[1].spans[0]).toMatchObject({ startMillis: 100_000, endMillis: 100_000 });
  });

  test('never affects another stage within 4 096 further stages', () => {
    const recording = new Recording({ sizes: { ringSlots: 65_536 } });
    const tick = recording.scope.begin();
    const stale = tick.start('stale');
    stale.end();
    tick.end();
    for (let recycle = 0; recycle < 4_096; recycle++) {
      const other = recording.scope.begin();
      const stage = other.start('spread');
      stale.end();
      stale.setAttribute('n', 1);
      clock.now += 1;
      stage.end();
      other.end();
    }
    expect(recording.anomalies).toEqual({ use_after_end: 2 * 4_096 });
    const durations = recording.ticks.slice(1).map(({ spans: [span] }) => span.endMillis - span.startMillis);
    expect(new Set(durations)).toEqual(new Set([1]));
  });
});

describe('what outlives its tick', () => {
  test('is not taken for part of the tick that has its handle later', async () => {
    const period = recyclingPeriod();
    // Slots that were used differently often: at one of these offsets the two ticks of a handle are, each in
    // its slot, the same in number.
    for (let offset = -6; offset <= 6; offset++) {
      const recording = new Recording({ sizes: { inFlightSlots: 3 } });
      const { scope } = recording;
      const [blocker, other] = [scope.begin({ symbol: 'blocker' }), scope.begin({ symbol: 'other' })];
      const stale = new Map<Tick, Stage>();
      const requests: Promise<unknown>[] = [];
      let settle = (): void => {};
      const settled = new Promise<void>((resolve) => (settle = resolve));
      for (let count = 0; count < period + offset; count++) {
        const tick = scope.begin();
        if (count >= 100 && count < 110) {
          stale.set(tick, tick.start('fetch_md'));
          requests.push(tick.exchangeRequest('GET', 'book', () => settled));
        }
        tick.end();
      }
      blocker.end();
      void recording.ticks;
      const open: Tick[] = [];
      for (let count = 0; count < 400; count++) {
        const tick = scope.begin({ symbol: 'again' });
        if (stale.has(tick)) {
          const stage = stale.get(tick);
          stage?.setAttribute('n', 1);
          stage?.end();
          open.push(tick);
          settle();
          await Promise.all(requests);
        }
        tick.end();
      }
      other.end();
      const again = recording.ticks.filter(({ symbol }) => symbol === 'again');
      expect(open).toHaveLength(10);
      expect(again.flatMap(({ spans }) => spans)).toEqual([]);
      expect(recording.lateSpans).toHaveLength(10);
    }
  });

  test.each(['run', 'bind'] as const)('of what tick.%s started belongs to no later tick', async (style) => {
    const recording = new Recording({ sizes: { ringSlots: 16_384 } });
    const { scope } = recording;
    const tick = scope.begin({ symbol: 'first' });
    const { trace_id } = tick.logFields();
    let wake = (): void => {};
    const slow = async () => {
      await new Promise<void>((resolve) => (wake = resolve));
      scope.exchangeRequest('POST', 'orders', () => null);
      return scope.logFields();
    };
    const logged = style === 'run' ? tick.run(slow) : tick.bind(slow)();
    tick.end();
    const open: Tick[] = [];
    for (let recycle = 0; recycle < 60; recycle++) open.push(scope.begin({ symbol: 'open' }));
    for (let recycle = 0; recycle < 4_200; recycle++) scope.begin().end();
    for (let recycle = 0; recycle < 60; recycle++) open.push(scope.begin({ symbol: 'open' }));
    wake();
    expect(await logged).toMatchObject({ trace_id });
    for (const other of open) other.end();
    expect(recording.ticks.filter(({ symbol }) => symbol === 'open').flatMap(({ spans }) => spans)).toEqual(
      [],
    );
    expect(recording.text.split('\n').at(-1)).toBe('late (child of 0) request POST orders');
  });
});

/** After how many ticks, one at a time, a handle comes back. */
function recyclingPeriod(): number {
  const { scope } = new Recording();
  const first = scope.begin();
  first.end();
  for (let count = 1; count < 100_000; count++) {
    const tick = scope.begin();
    tick.end();
    if (tick === first) return count;
  }
  return expect.fail('handles are not recycled');
}
