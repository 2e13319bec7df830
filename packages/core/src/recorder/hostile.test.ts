import { describe, expect, test } from 'vitest';
import type { Tick } from '../api.js';
import { Recording } from '../recording.test.fixture.js';

/** Values that throw, or lead to a throw, when they are looked at without care. */
const HOSTILE: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a symbol', Symbol('x')],
  ['a bigint', 10n],
  ['an object without a prototype', Object.create(null)],
  ['a function', () => {}],
  ['a revoked proxy', revokedProxy()],
  ['a proxy that throws', throwingProxy({})],
  ['a callable proxy that throws', throwingProxy(() => {})],
  ['getters that throw', throwingGetters()],
  [
    'a toString that throws',
    { toString: () => fail(), valueOf: () => fail(), [Symbol.toPrimitive]: () => fail() },
  ],
  ['a huge string', 'x'.repeat(2_000_000)],
  ['a string with NUL', 'a\0b\0c'],
  ['an error whose message throws', errorWith('message', { get: fail })],
  ['an error whose message is a symbol', errorWith('message', { value: Symbol('m') })],
  ['an error whose name throws', errorWith('name', { get: fail })],
];

/** Every place where a bot's value enters. What throws here breaks a bot. */
const ENTRANCES: readonly [string, (recording: Recording, value: never) => unknown][] = [
  ['begin', ({ scope }, value) => scope.begin(value).end()],
  ['symbol', ({ scope }, value) => scope.begin({ symbol: value }).end()],
  ['startedAt', ({ scope }, value) => scope.begin({ startedAt: value }).end()],
  ['deadlineMs', ({ scope }, value) => scope.begin({ deadlineMs: value }).end()],
  ['parent', ({ scope }, value) => scope.begin({ parent: value }).end()],
  ['parent.traceId', ({ scope }, value) => scope.begin({ parent: { ...PARENT, traceId: value } }).end()],
  ['parent.spanId', ({ scope }, value) => scope.begin({ parent: { ...PARENT, spanId: value } }).end()],
  [
    'parent.traceFlags',
    ({ scope }, value) => scope.begin({ parent: { ...PARENT, traceFlags: value } }).end(),
  ],
  ['tick options', ({ scope }, value) => typeof value !== 'function' && scope.tick(value, () => {})],
  ['skip outcome', ({ scope }, value) => scope.skip(value)],
  ['skip symbol', ({ scope }, value) => scope.skip('busy', value)],
  ['skip count', ({ scope }, value) => scope.skip('busy', 'BTC', value)],
  ['loop name', ({ scope }, value) => scope.loop(value).begin().end()],
  ['mode', ({ scope }, value) => scope.setMode(value)],
  ['ratio', ({ scope }, value) => scope.setSampleRatio(value)],
  ['operation', ({ scope }, value) => scope.measure(value, () => {})],
  ['verb', ({ scope }, value) => scope.exchangeRequest(value, 'orders', () => {})],
  ['api', ({ scope }, value) => scope.exchangeRequest('POST', value, () => {})],
  ['query', ({ scope }, value) => scope.dbQuery(value, value, () => {})],
  ['lap', inTick((tick, value) => tick.lap(value))],
  ['stage', inTick((tick, value) => tick.stage(value, (stage) => stage.stage(value, () => {})))],
  ['start', inTick((tick, value) => tick.start(value).start(value).end())],
  ['guardTrip', inTick((tick, value) => tick.guardTrip(value))],
  ['attribute key', inTick((tick, value) => tick.setAttribute(value, 1))],
  ['attribute value', inTick((tick, value) => tick.setAttribute('n', value))],
  ['stage attribute', inTick((tick, value) => tick.start('a').setAttribute(value, value).end())],
  ['request verb', inTick((tick, value) => tick.exchangeRequest(value, value, () => {}))],
  ['request outcome', inTick((tick, value) => tick.exchangeRequest('a', 'b', (own) => own.outcome(value)))],
  [
    'request attribute',
    inTick((tick, value) => tick.exchangeRequest('a', 'b', (own) => void own.setAttribute(value, value))),
  ],
  ['end', inTick((tick, value) => tick.end(value))],
  ['fail', inTick((tick, value) => tick.fail(value))],
  ['stage fail', inTick((tick, value) => tick.start('a').fail(value))],
  [
    'result of a tick',
    ({ scope }, value) =>
      same(
        scope.tick(() => value),
        value,
      ),
  ],
  [
    'result of a stage',
    inTick((tick, value) =>
      same(
        tick.stage('a', () => value),
        value,
      ),
    ),
  ],
  [
    'result of a request',
    inTick((tick, value) =>
      same(
        tick.exchangeRequest('a', 'b', () => value),
        value,
      ),
    ),
  ],
  [
    'result of an operation',
    ({ scope }, value) =>
      same(
        scope.measure('a', () => value),
        value,
      ),
  ],
  [
    'thrown by a tick',
    ({ scope }, value) =>
      thrownBy(
        () =>
          scope.tick(() => {
            throw value;
          }),
        value,
      ),
  ],
  [
    'thrown by a stage',
    inTick((tick, value) =>
      thrownBy(
        () =>
          tick.stage('a', () => {
            throw value;
          }),
        value,
      ),
    ),
  ],
  [
    'thrown by a request',
    inTick((tick, value) =>
      thrownBy(
        () =>
          tick.exchangeRequest('a', 'b', () => {
            throw value;
          }),
        value,
      ),
    ),
  ],
];

test.each(ENTRANCES)('nothing hostile as %s throws or breaks what comes after it', (_entrance, enter) => {
  const broken = HOSTILE.map(([name, value]) => [name, breakageBy(enter, value as never)] as const).filter(
    ([, breakage]) => breakage !== undefined,
  );
  expect(broken).toEqual([]);
});

/** What a value broke that came in at an entrance; undefined if nothing. */
function breakageBy(enter: (recording: Recording, value: never) => unknown, value: never): unknown {
  const recording = new Recording({ loop: { stages: ['fetch_md'] } });
  try {
    enter(recording, value);
  } catch (error) {
    return `thrown: ${error}`;
  }
  const tick = recording.scope.begin({ symbol: 'BTC' });
  tick.lap('fetch_md');
  tick.end();
  if (!recording.text.split('\nok').some((text) => text.includes(' BTC\n  fetch_md'))) return recording.text;
  if (recording.reader.openTicks !== 0) return `${recording.reader.openTicks} ticks left open`;
  const labels = recording.reader.series().flatMap((series) => Object.values(series.labels));
  return labels.find((label) => typeof label !== 'string' || label.length > 128);
}

describe('a body that goes on asynchronously in a way of its own', () => {
  test('is followed through a thenable that is no promise', async () => {
    const recording = new Recording();
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    const thenable = { then: (resolve: (value: number) => void) => void setTimeout(resolve, 1, 5) };
    const result = recording.scope.tick((tick) => tick.stage('fetch_md', () => thenable));
    expect(recording.text).toBe('');
    expect(await result).toBe(5);
    expect(recording.text).toBe('ok\n  fetch_md');
  });

  test('rejects, but does not throw, when its then throws', async () => {
    const recording = new Recording();
    const error = new Error('then');
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: that is the point
      then: () => {
        throw error;
      },
    };
    const result = recording.scope.tick((tick) =>
      tick.stage('a', () => tick.exchangeRequest('POST', 'orders', () => thenable)),
    );
    await expect(result).rejects.toBe(error);
    expect(recording.text).toBe(
      'failed "Error: then"\n  a failed "Error: then"\n    request POST orders network_error failed "Error: then"',
    );
  });

  test('keeps the class of its promise', async () => {
    class Cancellable<T> extends Promise<T> {
      cancel(): void {}
    }
    const { scope } = new Recording();
    const result = scope.tick(() => new Cancellable<number>((resolve) => resolve(1)));
    expect(result).toBeInstanceOf(Cancellable);
    expect(await result).toBe(1);
  });
});

describe('an error whose message calls the recorder back', () => {
  const tick = (recording: Recording): Tick => recording.scope.begin({ symbol: 'BTC' });

  test('cannot end the tick that is being failed a second time', () => {
    const recording = new Recording({ sizes: { inFlightSlots: 2 } });
    const own = tick(recording);
    own.fail(errorWith('message', { get: () => void own.end() }));
    const [a, b, c] = [tick(recording), tick(recording), tick(recording)];
    for (const other of [a, b, c]) other.end();
    expect(recording.counts).toContain('mm_ticks_total{ok} 4');
    expect(recording.anomalies).toEqual({ use_after_end: 1, in_flight_full: 1, spans_in_flight_full: 1 });
  });

  test('cannot mix its own operations with the one that failed', () => {
    const recording = new Recording();
    const { scope } = recording;
    const error = errorWith('message', {
      get() {
        scope.measure('inner', () => null);
        return 'outer failed';
      },
    });
    try {
      scope.measure('outer', () => {
        throw error;
      });
    } catch {}
    expect(recording.text.split('\n').sort()).toEqual([
      'standalone operation inner',
      'standalone operation outer failed "Error: outer failed"',
    ]);
  });
});

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };

describe('a remote parent', () => {
  test.each([
    ['upper-case ids', { ...PARENT, traceId: 'A'.repeat(32) }],
    ['a trace id of zeros', { ...PARENT, traceId: '0'.repeat(32) }],
    ['a span id of zeros', { ...PARENT, spanId: '0'.repeat(16) }],
    ['a short id', { ...PARENT, spanId: 'abc' }],
    ['flags beyond a byte', { ...PARENT, traceFlags: 256 }],
    ['flags that are no integer', { ...PARENT, traceFlags: 0.5 }],
  ])('with %s is ignored and counted', (_name, parent) => {
    const recording = new Recording();
    const tick = recording.scope.begin({ parent });
    expect(tick.logFields().trace_flags).toBe('03');
    tick.end();
    expect(recording.ticks[0].remoteParent).toBeUndefined();
    expect(recording.anomalies).toEqual({ arguments_ignored: 1 });
  });

  test('gives the tick its trace, its decision and its flags', () => {
    const recording = new Recording({ sampleRatio: 0 });
    const tick = recording.scope.begin({ parent: PARENT });
    expect(tick.spanContext()).toMatchObject({ traceId: PARENT.traceId, traceFlags: 1 });
    tick.end();
    const [{ traceId, remoteParent, sampledByRatio }] = recording.ticks;
    expect([traceId, sampledByRatio]).toEqual([PARENT.traceId, true]);
    expect(remoteParent).toMatchObject(PARENT);
  });

  test('does not hand on flags that W3C has no meaning for', () => {
    const recording = new Recording();
    const tick = recording.scope.begin({ parent: { ...PARENT, traceFlags: 0xff } });
    expect(tick.spanContext().traceFlags).toBe(3);
    tick.end();
    expect(recording.ticks[0].remoteParent?.traceFlags).toBe(3);
  });

  test.each([
    ['is no object', 5],
    ['throws', { serialize: fail }],
    ['is no text', { serialize: () => 7 }],
    ['is no tracestate', { serialize: () => 'a=1,B=2' }],
    ['is a revoked proxy', revokedProxy()],
  ])('goes on without a tracestate that %s', (_name, traceState) => {
    const recording = new Recording();
    const tick = recording.scope.begin({ parent: { ...PARENT, traceState: traceState as never } });
    expect(tick.spanContext().traceId).toBe(PARENT.traceId);
    tick.end();
    expect(recording.ticks[0].remoteParent).toEqual({ ...PARENT, traceState: undefined });
  });

  test('whose getters begin and end ticks leaves the recorder in order', () => {
    const recording = new Recording();
    const { scope } = recording;
    const open = scope.begin({ symbol: 'open' });
    const traceState = {
      serialize() {
        scope.begin({ symbol: 'inner' }).end();
        open.lap('moved');
        return 'a=1';
      },
    };
    const tick = scope.begin({ symbol: 'outer', parent: { ...PARENT, traceState: traceState as never } });
    tick.lap('own');
    tick.end();
    open.end();
    expect(recording.ticks.map(({ symbol, spans }) => [symbol, spans.map(({ name }) => name)])).toEqual([
      ['open', ['moved']],
      ['inner', []],
      ['outer', ['own']],
    ]);
  });
});

function inTick(act: (tick: Tick, value: never) => unknown) {
  return ({ scope }: Recording, value: never) => {
    const tick = scope.begin({ symbol: 'hostile' });
    act(tick, value);
    tick[Symbol.dispose]();
  };
}

function same(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error('another value came back');
}

function thrownBy(act: () => unknown, expected: unknown): void {
  let thrown: unknown = same;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  same(thrown, expected);
}

function fail(): never {
  throw new Error('hostile');
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwingProxy(target: object): unknown {
  const handler = Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'apply'].map((trap) => [
      trap,
      fail,
    ]),
  );
  return new Proxy(target, handler);
}

function throwingGetters(): unknown {
  const names = [
    'symbol',
    'startedAt',
    'deadlineMs',
    'parent',
    'status',
    'statusCode',
    'then',
    'message',
    'traceId',
  ];
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get: fail, enumerable: true }])),
  );
}

function errorWith(name: string, descriptor: PropertyDescriptor): Error {
  return Object.defineProperty(new Error('x'), name, descriptor);
}
