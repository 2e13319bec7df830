import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mode, Scope, Tick } from '../api.js';
import { startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';
import { NOOP_SCOPE } from './noop.js';

beforeEach(stopClock);
afterEach(startClock);

async function useEverything(scope: Scope): Promise<unknown[]> {
  const seen: unknown[] = [];
  const loop = scope.loop('hedge', { stages: ['net'], deadlineMs: 5 });
  for (const begin of [() => scope.begin({ symbol: 'BTC' }), () => loop.begin()] as (() => Tick)[]) {
    const tick = begin();
    tick.lap('net');
    seen.push(tick.stage('net', (stage) => stage.stage('deeper', () => 1)));
    const stage = tick.start('net');
    stage.start('child').fail(new Error('x'));
    stage.setAttribute('n', 1).setAttribute('m', 2);
    seen.push(stage.spanContext().traceId.length, typeof stage.logFields());
    stage.end();
    tick.setAttribute('n', 1).setAttribute('m', 2);
    tick.guardTrip('stale_book');
    seen.push(
      tick.exchangeRequest('GET', 'time', (request) => {
        request.outcome('ok');
        return typeof request.setAttribute('n', 1);
      }),
    );
    seen.push(
      tick.run(() => 2),
      tick.bind((n: number) => n + 1)(2),
    );
    seen.push(tick.spanContext().traceId.length, typeof tick.logFields());
    tick.end('stale');
    begin().fail('x');
    begin()[Symbol.dispose]();
  }
  seen.push(
    scope.tick(() => 4),
    await scope.tick({ symbol: 'BTC' }, async () => 5),
    loop.tick(() => 6),
  );
  seen.push(
    scope.measure('m', () => 7),
    scope.exchangeRequest('GET', 'time', () => 8),
  );
  seen.push(await scope.dbQuery('select', 'fills', async () => 9));
  scope.skip('busy', 'BTC', 2);
  loop.skip('paused');
  scope.setSampleRatio(0.5);
  seen.push(scope.currentTick(), Object.keys(scope.logFields()).length);
  await scope.flush();
  return seen;
}

describe('every method', () => {
  let expected: unknown[];
  beforeEach(async () => {
    expected = await useEverything(new Recording().scope);
  });

  test.each(['off', 'metrics', 'sampled', 'full'] as const)('works the same in mode %s', async (mode) => {
    expect(await useEverything(new Recording({ mode }).scope)).toEqual(expected);
  });

  test('works the same before register and after shutdown', async () => {
    expect(await useEverything(NOOP_SCOPE)).toEqual(expected);
    const { scope } = new Recording();
    await scope.shutdown();
    expect(await useEverything(scope)).toEqual(expected);
  });

  test('passes a throw through untouched in mode off', async () => {
    const { scope } = new Recording({ mode: 'off' });
    const error = new Error('untouched');
    const throws = () => {
      throw error;
    };
    for (const act of [
      () => scope.tick(throws),
      () => scope.measure('m', throws),
      () => scope.dbQuery('select', 'fills', throws),
      () => scope.exchangeRequest('GET', 'time', throws),
      () => scope.begin().stage('net', throws),
      () => scope.begin().exchangeRequest('GET', 'time', throws),
    ]) {
      expect(act).toThrow(error);
    }
  });
});

describe('mode', () => {
  test('off records nothing at all', async () => {
    const recording = new Recording({ mode: 'off' });
    await useEverything(recording.scope);
    expect([recording.text, recording.counts, recording.anomalies]).toEqual(['', '', {}]);
  });

  test('metrics measures and counts everything but traces nothing', async () => {
    const [metrics, full] = [new Recording({ mode: 'metrics' }), new Recording({ mode: 'full' })];
    for (const { scope } of [metrics, full]) await useEverything(scope);
    expect(metrics.text).toBe('');
    expect(metrics.counts).toBe(full.counts);
    expect(metrics.reader.ring.framesWritten + metrics.reader.priorityRing.framesWritten).toBe(0);
    expect(metrics.anomalies).toEqual({});
  });

  test('full samples every tick, sampled those of the ratio', () => {
    const flagsOf = (recording: Recording) => recording.scope.tick((tick) => tick.logFields().trace_flags);
    expect(flagsOf(new Recording({ mode: 'full', sampleRatio: 0 }))).toBe('03');
    expect(flagsOf(new Recording({ mode: 'sampled', sampleRatio: 1 }))).toBe('03');
    expect(flagsOf(new Recording({ mode: 'sampled', sampleRatio: 0 }))).toBe('02');
    expect(flagsOf(new Recording({ mode: 'metrics', sampleRatio: 1 }))).toBe('02');
  });

  test('that does not exist is ignored and counted', () => {
    const recording = new Recording();
    for (const mode of ['on', '', undefined, 3]) recording.scope.setMode(mode as Mode);
    expect(recording.reader.mode).toBe('sampled');
    expect(recording.anomalies).toEqual({ arguments_ignored: 4 });
  });
});

describe('a mode that changes while a tick is open', () => {
  function tickThrough(before: Mode, after: Mode): Recording {
    const recording = new Recording({ mode: before });
    const tick = recording.scope.begin({ symbol: 'BTC' });
    tick.lap('fetch_md');
    const stage = tick.start('guards');
    recording.scope.setMode(after);
    stage.setAttribute('n', 1);
    stage.end();
    tick.stage('emit', () => tick.exchangeRequest('POST', 'orders', () => null));
    tick.end();
    return recording;
  }
  const whole = 'ok BTC\n  fetch_md\n  guards {n=1}\n  emit\n    request POST orders';

  test.each<[Mode, Mode, string]>([
    ['sampled', 'off', whole],
    ['sampled', 'metrics', whole],
    ['full', 'sampled', whole],
    ['metrics', 'full', ''],
    ['metrics', 'off', ''],
    ['off', 'full', ''],
  ])('from %s to %s leaves the open tick as it began', (before, after, expected) => {
    const recording = tickThrough(before, after);
    expect(recording.text).toBe(expected);
    expect(recording.reader.openTicks).toBe(0);
    expect(recording.counts === '').toBe(before === 'off');
    expect(recording.anomalies).toEqual({});
  });
});

describe('the sample ratio', () => {
  test.each([0, 2 ** -32, 0.05, 0.2, 1 / 3, 0.5, 1 - 2 ** -32, 1])('%s is what the reader sees', (ratio) => {
    const recording = new Recording();
    recording.scope.setSampleRatio(ratio);
    expect(recording.reader.samplingThreshold).toBe(Math.round((1 - ratio) * 2 ** 32));
  });

  test('that is none is ignored and counted', () => {
    const recording = new Recording({ sampleRatio: 0.25 });
    for (const ratio of [-0.01, 1.01, Number.NaN, undefined, '1']) {
      recording.scope.setSampleRatio(ratio as number);
    }
    expect(recording.reader.samplingThreshold).toBe(0.75 * 2 ** 32);
    expect(recording.anomalies).toEqual({ arguments_ignored: 5 });
  });

  test('is decided the same way by the tick and by the reader', () => {
    const recording = new Recording({ sampleRatio: 0.3 });
    const flags: number[] = [];
    for (let n = 0; n < 1_000; n++) {
      const tick = recording.scope.begin();
      flags.push(tick.spanContext().traceFlags & 1);
      tick.end();
    }
    expect(recording.ticks.map(({ sampledByRatio }) => Number(sampledByRatio))).toEqual(flags);
    const sampled = flags.reduce((sum, flag) => sum + flag, 0);
    expect(sampled).toBeGreaterThan(240);
    expect(sampled).toBeLessThan(360);
  });
});
