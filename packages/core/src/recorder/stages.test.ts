import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import { Recording } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

describe('laps', () => {
  test('follow one another without a gap and end with the tick', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    for (const stage of ['fetch_md', 'spread', 'guards', 'emit']) {
      clock.now += 1.5;
      tick.lap(stage);
    }
    tick.end();
    const [{ spans, startMillis, endMillis }] = recording.ticks;
    expect(recording.text).toBe('ok\n  fetch_md\n  spread\n  guards\n  emit');
    expect(spans.map((span) => span.startMillis - startMillis)).toEqual([0, 1.5, 3, 4.5]);
    expect(spans.map((span) => span.endMillis - startMillis)).toEqual([1.5, 3, 4.5, 6]);
    expect(endMillis - startMillis).toBe(6);
  });
});

describe('a stage with a body', () => {
  test('is synchronous for a synchronous body and gives back what the body gives', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const value = {};
    expect(tick.stage('spread', () => value)).toBe(value);
    tick.end();
    expect(recording.text).toBe('ok\n  spread');
  });

  test('has the stages that start on the tick in its synchronous part as children', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => {
      clock.now += 1;
      tick.stage('guards', () => {
        tick.stage('position', () => {
          tick.start('limit').end();
          tick.lap('elapsed');
        });
        tick.stage('balance', () => {});
      });
      tick.stage('emit', () => {});
    });
    expect(recording.text).toBe('ok\n  elapsed\n  guards\n    position\n      limit\n    balance\n  emit');
  });

  test('has the stages of its own handle as children, also after it went on asynchronously', async () => {
    const recording = new Recording();
    await recording.scope.tick(async (tick) => {
      await tick.stage('fetch_md', async (fetch) => {
        await null;
        await fetch.stage('snapshot', async (snapshot) => {
          await null;
          snapshot.start('parse').end();
        });
        tick.start('elsewhere').end();
      });
    });
    expect(recording.text).toBe('ok\n  fetch_md\n    snapshot\n      parse\n  elsewhere');
  });

  test('runs beside others with the right parents under Promise.all', async () => {
    const recording = new Recording();
    await recording.scope.tick(async (tick) => {
      await Promise.all(
        ['binance', 'kraken', 'okx'].map((venue) =>
          tick.stage(venue, async (stage) => {
            for (let step = 0; step < 3; step++) {
              await null;
              clock.now += 0.25;
              await stage.stage(`${venue} ${step}`, async () => null);
            }
          }),
        ),
      );
    });
    expect(recording.text.split('\n')).toEqual([
      'ok',
      ...['binance', 'kraken', 'okx'].flatMap((venue) => [
        `  ${venue}`,
        ...[0, 1, 2].map((step) => `    ${venue} ${step}`),
      ]),
    ]);
  });

  test('that throws is marked failed and rethrows untouched, as is one that rejects', async () => {
    const recording = new Recording();
    const error = new RangeError('crossed book');
    const tick = recording.scope.begin();
    expect(() =>
      tick.stage('spread', () => {
        throw error;
      }),
    ).toThrow(error);
    await expect(tick.stage('emit', async () => Promise.reject(error))).rejects.toBe(error);
    tick.start('hand').fail(error);
    tick.start('bare').fail();
    tick.start('after').end();
    tick.end();
    expect(recording.text.split('\n')).toEqual([
      'ok',
      '  spread failed "RangeError: crossed book"',
      '  emit failed "RangeError: crossed book"',
      '  hand failed "RangeError: crossed book"',
      '  bare failed',
      '  after',
    ]);
    expect(recording.counts.split('\n')).toHaveLength(7);
  });

  test('that a thrown tick unwinds through does not become the parent of later stages', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    try {
      tick.stage('guards', () =>
        tick.stage('position', () => {
          throw new Error('limit');
        }),
      );
    } catch {}
    tick.stage('emit', () => {});
    tick.end();
    expect(recording.text.split('\n').slice(3)).toEqual(['  emit']);
  });

  test('that its own body ended is ended once', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => tick.stage('spread', (stage) => stage.end()));
    expect(recording.counts).toContain('mm_stage_duration_ms{spread} 1');
    expect(recording.anomalies).toEqual({});
  });
});

describe('a stage that the caller ends', () => {
  test('ends with its block under using, in reverse order', () => {
    const recording = new Recording();
    {
      using tick = recording.scope.begin();
      using outer = tick.start('guards');
      clock.now += 1;
      using _inner = outer.start('position');
      clock.now += 1;
    }
    const [{ spans }] = recording.ticks;
    expect(recording.text).toBe('ok\n  guards\n    position');
    expect(spans.map(({ startMillis, endMillis }) => endMillis - startMillis)).toEqual([2, 1]);
  });

  test('may end after a stage that started later', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const first = tick.start('fetch_md');
    clock.now += 1;
    const second = tick.start('spread');
    clock.now += 1;
    first.end();
    clock.now += 1;
    second.end();
    tick.end();
    expect(recording.text).toBe('ok\n  fetch_md\n  spread');
    expect(recording.ticks[0].spans.map((span) => span.endMillis - span.startMillis)).toEqual([2, 2]);
  });

  test('is unfinished when its tick ends first, and its end is then counted as late', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const stage = tick.start('fetch_md');
    tick.end();
    expect(recording.text).toBe('ok\n  fetch_md unfinished');
    stage.end();
    expect(recording.anomalies).toEqual({ ended_late: 1 });
  });

  test.each<[string, (run: () => unknown) => unknown]>([
    ['resolves', async () => null],
    ['rejects', async () => Promise.reject(new Error('late'))],
  ])('counts as late too when its body %s after the tick', async (_name, body) => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const pending = tick.stage('fetch_md', body as () => Promise<unknown>);
    tick.end();
    await Promise.allSettled([pending]);
    expect(recording.anomalies).toEqual({ ended_late: 1 });
  });

  test('can have attributes of every type', () => {
    const recording = new Recording();
    const tick = recording.scope.begin();
    const stage = tick.start('spread');
    stage.setAttribute('bps', -0.5).setAttribute('inside', true).setAttribute('side', 'bid');
    stage.end();
    tick.end();
    expect(recording.text).toBe('ok\n  spread {bps=-0.5 inside=true side="bid"}');
  });
});

describe('attributes', () => {
  test.each([
    ['a number', 1.25],
    ['zero', 0],
    ['a negative number', -1e300],
    ['the smallest number', Number.MIN_VALUE],
    ['not a number', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['true', true],
    ['false', false],
    ['an empty string', ''],
    ['a short string', 'post_only'],
    ['a string with NUL', 'a\0b'],
    ['unicode', '価格 🦀 ä'],
    ['half a surrogate pair', '\ud83e'],
    ['a string of the longest interned length', 'x'.repeat(64)],
    ['a string one longer', 'y'.repeat(65)],
    ['a text of the longest length', '🦀'.repeat(120)],
  ])('keep %s', (_name, value) => {
    const recording = new Recording();
    recording.scope.tick((tick) => tick.setAttribute('value', value));
    expect(recording.ticks[0].attributes.value).toBe(value);
    expect(recording.anomalies).toEqual({});
  });

  test('are cut and counted beyond 240 units', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => void tick.setAttribute('value', 'z'.repeat(1_000_000)));
    expect(recording.ticks[0].attributes.value).toBe('z'.repeat(240));
    expect(recording.anomalies).toEqual({ texts_truncated: 1 });
  });

  test('have their last value', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => tick.setAttribute('n', 1).setAttribute('n', 'two').setAttribute('n', 3));
    expect(recording.text).toBe('ok {n=3}');
  });

  test('may have any name', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => {
      for (const key of ['', '__proto__', 'constructor', 'a b', '価格']) tick.setAttribute(key, 1);
    });
    expect(Object.keys(recording.ticks[0].attributes)).toEqual([
      '',
      '__proto__',
      'constructor',
      'a b',
      '価格',
    ]);
  });
});
