import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Request } from '../api.js';
import { clock, startClock, stopClock } from '../clock.test.fixture.js';
import type { RequestOutcome } from '../outcomes.js';
import { Recording, type RecordingOptions } from '../recording.test.fixture.js';

beforeEach(stopClock);
afterEach(startClock);

function timeout(): Error {
  return Object.assign(new Error('fetch failed'), { cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
}

describe('an exchange request', () => {
  const answers: readonly [string, () => unknown, RequestOutcome][] = [
    ['an answer without a status', () => ({ orderId: 7 }), 'ok'],
    ['nothing', () => undefined, 'ok'],
    ['status 200', () => ({ status: 200 }), 'ok'],
    ['statusCode 399', () => ({ statusCode: 399 }), 'ok'],
    ['a status that is no number', () => ({ status: 'filled' }), 'ok'],
    ['status 429', () => ({ status: 429 }), 'rate_limited'],
    ['statusCode 500', () => ({ statusCode: 500 }), 'http_error'],
  ];
  test.each(answers)('that gives %s is as the status says', async (_name, body, outcome) => {
    const recording = new Recording();
    const value = body();
    await recording.scope.tick(async (tick) => {
      expect(tick.exchangeRequest('POST', 'orders', () => value)).toBe(value);
      expect(await tick.exchangeRequest('POST', 'orders', async () => value)).toBe(value);
    });
    const line = outcome === 'ok' ? '  request POST orders' : `  request POST orders ${outcome}`;
    expect(recording.text).toBe(['ok', line, line].join('\n'));
    expect(recording.counts).toContain(`mm_exchange_requests_total{POST,orders,${outcome}} 2`);
    expect(recording.counts).toContain('mm_exchange_req_ms{POST,orders} 2');
  });

  const errors: readonly [string, () => unknown, RequestOutcome][] = [
    ['an error', () => new Error('ECONNRESET'), 'network_error'],
    ['a string', () => 'gone', 'network_error'],
    [
      'an error with status 429',
      () => Object.assign(new Error('slow down'), { status: 429 }),
      'rate_limited',
    ],
    ['an error with statusCode 503', () => Object.assign(new Error('x'), { statusCode: 503 }), 'http_error'],
    ['a TimeoutError', () => Object.assign(new Error('x'), { name: 'TimeoutError' }), 'timeout'],
    ['ETIMEDOUT', () => Object.assign(new Error('x'), { code: 'ETIMEDOUT' }), 'timeout'],
    ['a timeout as the cause', timeout, 'timeout'],
  ];
  test.each(errors)(
    'that throws %s is as the error says, rethrown untouched',
    async (_name, make, outcome) => {
      const recording = new Recording();
      const error = make();
      await recording.scope.tick(async (tick) => {
        const throws = () => {
          throw error;
        };
        expect(caught(() => tick.exchangeRequest('POST', 'orders', throws))).toBe(error);
        await expect(tick.exchangeRequest('POST', 'orders', async () => throws())).rejects.toBe(error);
      });
      expect(recording.counts).toContain(`mm_exchange_requests_total{POST,orders,${outcome}} 2`);
      expect(recording.ticks[0].spans.map((span) => span.error)).toEqual(
        new Array(2).fill(error instanceof Error ? `${error.name}: ${error.message}` : error),
      );
      expect(recording.ticks[0].outcome).toBe('ok');
    },
  );

  test('has the outcome that the body gives it, answered or thrown', () => {
    const recording = new Recording();
    recording.scope.tick((tick) => {
      tick.exchangeRequest('POST', 'orders', (request) => {
        request.outcome('rejected');
        request.setAttribute('code', -2010).setAttribute('why', 'x'.repeat(100));
      });
      caught(() =>
        tick.exchangeRequest('DELETE', 'orders', (request) => {
          request.outcome('timeout');
          throw new Error('gave up');
        }),
      );
      tick.exchangeRequest('GET', 'time', (request) => request.outcome('fine' as RequestOutcome));
    });
    expect(recording.text.split('\n')).toEqual([
      'ok',
      `  request POST orders rejected {code=-2010 why="${'x'.repeat(100)}"}`,
      '  request DELETE orders timeout failed "Error: gave up"',
      '  request GET time',
    ]);
    expect(recording.anomalies).toEqual({ arguments_ignored: 1 });
  });

  test('is a child of the stage in whose synchronous part it starts', async () => {
    const recording = new Recording();
    await recording.scope.tick(async (tick) => {
      const placed = tick.stage('emit', async () => {
        await tick.exchangeRequest('POST', 'orders', async () => null);
        await tick.exchangeRequest('GET', 'orders', async () => null);
      });
      await placed;
    });
    expect(recording.text).toBe('ok\n  emit\n    request POST orders\n  request GET orders');
  });

  test('takes its time from its own start to its own end', async () => {
    const recording = new Recording();
    await recording.scope.tick(async (tick) => {
      clock.now += 3;
      const request = tick.exchangeRequest('POST', 'orders', async () => null);
      clock.now += 4;
      await request;
    });
    const [{ spans, startMillis }] = recording.ticks;
    expect([spans[0].startMillis - startMillis, spans[0].endMillis - startMillis]).toEqual([3, 7]);
  });

  test('that outlives its tick is a span of its trace and counted as late', async () => {
    const recording = new Recording();
    let answer = (_value: unknown): void => {};
    const tick = recording.scope.begin();
    const stage = tick.start('emit');
    const requests: Promise<unknown>[] = [];
    tick.stage('orders', () => {
      const request = tick.exchangeRequest('POST', 'orders', (own: Request) => {
        own.setAttribute('n', 1);
        return new Promise((resolve) => (answer = resolve));
      });
      requests.push(request);
    });
    stage.end();
    tick.end();
    clock.now += 10;
    answer({ status: 429 });
    await Promise.all(requests);
    expect(recording.text).toBe(
      'ok\n  emit\n  orders\nlate (child of 2) request POST orders rate_limited {n=1}',
    );
    const [late] = recording.lateSpans;
    expect(late.traceId).toBe(recording.ticks[0].traceId);
    expect(late.span.endMillis - late.span.startMillis).toBe(10);
    expect(late.spanId(late.span.index)).not.toBe(late.spanId(0));
    expect(recording.anomalies).toEqual({ ended_late: 1 });
    expect(recording.counts).toContain('mm_exchange_requests_total{POST,orders,rate_limited} 1');
  });

  test('that outlives a tick with a remote parent stays in the trace of that parent', async () => {
    const recording = new Recording();
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const tick = recording.scope.begin({ parent });
    const request = tick.exchangeRequest('POST', 'orders', async () => null);
    tick.end();
    await request;
    expect(recording.text).toBe('ok\nlate (child of 0) request POST orders');
    const [{ traceId, sampledByRatio, span }] = recording.lateSpans;
    expect([traceId, sampledByRatio, span.attributes]).toEqual([
      parent.traceId,
      true,
      { verb: 'POST', api: 'orders' },
    ]);
  });

  test('has the context of the span that is recorded, in time for its headers', async () => {
    const recording = new Recording();
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const contexts: { traceId: string; spanId: string }[] = [];
    const send = (request: Request) => {
      contexts.push(request.spanContext());
    };
    const tick = recording.scope.begin({ parent });
    tick.exchangeRequest('POST', 'orders', send);
    const late = tick.exchangeRequest('POST', 'late', async (request) => send(request));
    tick.end();
    await late;
    recording.scope.exchangeRequest('POST', 'alone', send);
    const [{ spans, spanId, traceId }] = recording.ticks;
    const [outlived, alone] = recording.lateSpans;
    expect(contexts).toEqual([
      expect.objectContaining({ traceId, spanId: spanId(spans[0].index) }),
      expect.objectContaining({ traceId, spanId: outlived.spanId(outlived.span.index) }),
      expect.objectContaining({ traceId: alone.traceId, spanId: alone.spanId(0) }),
    ]);
  });

  test('that starts after its ambient tick has ended still belongs to its trace', async () => {
    const recording = new Recording();
    const { scope } = recording;
    let wake = (): void => {};
    const done = scope.tick(() => {
      const later = (async () => {
        await new Promise<void>((resolve) => (wake = resolve));
        await scope.exchangeRequest('POST', 'orders', async () => null);
        await scope.exchangeRequest('GET', 'orders', async () => null);
      })();
      return { later };
    });
    wake();
    await done.later;
    expect(recording.text).toBe(
      'ok\nlate (child of 0) request POST orders\nlate (child of 0) request GET orders',
    );
    const ids = recording.lateSpans.map(({ spanId, span }) => spanId(span.index));
    expect(new Set([...ids, recording.ticks[0].spanId(0)]).size).toBe(3);
    expect(new Set(recording.lateSpans.map(({ traceId }) => traceId))).toEqual(
      new Set([recording.ticks[0].traceId]),
    );
  });
});

describe('an operation without a tick', () => {
  test('is a trace of its own, each with its own ids', () => {
    const recording = new Recording();
    const { scope } = recording;
    scope.exchangeRequest('GET', 'time', () => null);
    scope.measure('signal_generation', () => null);
    scope.dbQuery('select', 'fills', () => null);
    caught(() =>
      scope.dbQuery('insert', 'fills', () => {
        throw new Error('locked');
      }),
    );
    expect(recording.text.split('\n')).toEqual([
      'standalone request GET time',
      'standalone operation signal_generation',
      'standalone query select fills',
      'standalone query insert fills failed "Error: locked"',
    ]);
    expect(new Set(recording.lateSpans.map(({ traceId }) => traceId)).size).toBe(4);
    expect(recording.counts.split('\n')).toEqual([
      'database_queries_total{insert,fills,error} 1',
      'database_queries_total{select,fills,ok} 1',
      'database_query_duration_milliseconds{insert,fills} 1',
      'database_query_duration_milliseconds{select,fills} 1',
      'mm_exchange_req_ms{GET,time} 1',
      'mm_exchange_requests_total{GET,time,ok} 1',
      'mm_operation_duration_ms{signal_generation} 1',
    ]);
  });
});

describe('an operation of the ambient tick', () => {
  test.each<[string, RecordingOptions]>([
    ['per tick', {}],
    ['per stage', { ambientStages: true }],
  ])('is a span of it across awaits and timers, with context %s', async (_name, options) => {
    const recording = new Recording(options);
    const { scope } = recording;
    const tickOf = (symbol: string) =>
      scope.tick({ symbol }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await scope.exchangeRequest('POST', symbol, async () => null);
        setImmediate(() => scope.measure('ignored', () => null));
        await Promise.resolve();
        scope.measure(`measure ${symbol}`, () => null);
        await scope.dbQuery('select', symbol, async () => null);
      });
    await Promise.all(['BTC', 'ETH', 'SOL'].map(tickOf));
    expect(recording.ticks.map(({ symbol, spans }) => [symbol, ...spans.map(({ name }) => name)])).toEqual(
      ['BTC', 'ETH', 'SOL'].map((symbol) => [
        symbol,
        `POST ${symbol}`,
        `measure ${symbol}`,
        `select ${symbol}`,
      ]),
    );
  });

  test('is a child of the ambient stage where context is per stage', async () => {
    const recording = new Recording({ ambientStages: true });
    const { scope } = recording;
    await scope.tick(async (tick) => {
      await tick.stage('fetch_md', async () => {
        await null;
        await scope.exchangeRequest('GET', 'book', async () => null);
        scope.measure('parse', () => null);
        scope.dbQuery('insert', 'books', () => null);
      });
    });
    expect(recording.text.split('\n')).toEqual([
      'ok',
      '  fetch_md',
      '    request GET book',
      '    operation parse',
      '    query insert books',
    ]);
  });
});

describe('what is measured without being a request', () => {
  test('is not looked into', () => {
    const recording = new Recording();
    const looked: PropertyKey[] = [];
    const result = new Proxy({}, { get: (_target, key) => void looked.push(key) });
    expect(recording.scope.measure('signal', () => result)).toBe(result);
    expect(recording.scope.dbQuery('select', 'fills', () => result)).toBe(result);
    expect(new Set(looked)).toEqual(new Set(['then']));
  });
});

function caught(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}
