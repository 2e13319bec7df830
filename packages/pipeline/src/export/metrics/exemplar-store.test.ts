import { METRICS, seriesKeyOf, type TickRecord } from '@tickscope/core/internal';
import { describe, expect, it } from 'vitest';
import { keptRecord } from '../../kept-tick.js';
import { lateSpan, ORIGIN_UNIX_NANOS, spanRecord, tickRecord } from '../../tick-record.test.fixture.js';
import { ExemplarStore } from './exemplar-store.js';

const TICKS = seriesKeyOf(METRICS.stageDuration.name, ['stage', 'tick_total']);

function storeOf(ticks: readonly TickRecord[], hasSeries: (key: string) => boolean = () => true) {
  const store = new ExemplarStore({ hasSeries });
  store.acknowledged(ticks.map((tick) => keptRecord(tick, ['ratio'])));
  return store;
}

const withoutSymbols = (key: string) => !key.includes('\0symbol\0') && !key.includes('overflow');

describe('exemplars', () => {
  it('of a tick are in the bucket of its duration, with its root span and the wall clock of its end', () => {
    const tick = tickRecord({ startMillis: 1000, endMillis: 1010 });
    const exemplars = storeOf([tick], withoutSymbols).of(TICKS);
    const unixNanos = ORIGIN_UNIX_NANOS + 1_010_000_000n;
    const time = [Number(unixNanos / 1_000_000_000n), Number(unixNanos % 1_000_000_000n)];
    // 10 ms is a bound: a bucket includes its upper one.
    expect([...(exemplars ?? [])]).toEqual([
      [12, { value: 10, time, traceId: tick.traceId, spanId: tick.spanId(0) }],
    ]);
  });

  it('are the newest of each bucket', () => {
    const [old, slow, recent] = [
      tickRecord({ endMillis: 1001 }),
      tickRecord({ endMillis: 3000 }),
      tickRecord({ endMillis: 1000.9 }),
    ];
    const exemplars = storeOf([old, slow, recent], withoutSymbols).of(TICKS);
    expect([...(exemplars?.values() ?? [])].map(({ traceId }) => traceId)).toEqual([
      recent.traceId,
      slow.traceId,
    ]);
  });

  it('of stages, requests, queries and operations name their own span, in the series of its labels', () => {
    const request = {
      kind: 'request',
      index: 2,
      requestOutcome: 'timeout',
      attributes: { verb: 'GET', api: 'book' },
    } as const;
    const spans = [
      spanRecord({ index: 1, name: 'emit' }),
      spanRecord(request),
      spanRecord({ kind: 'operation', index: 3, name: 'price' }),
    ];
    const tick = tickRecord({ loop: 'hedge', spans });
    const store = storeOf([tick], withoutSymbols);
    const query = { kind: 'query', attributes: { operation: 'select', table: 'fills' }, error: 'x' } as const;
    store.acknowledged([{ late: lateSpan(tick, { ...query, index: 9 }), keptBy: ['ratio'] }]);
    const spanIds = (key: string) => [...(store.of(key)?.values() ?? [])].map(({ spanId }) => spanId);
    const expectOf = (index: number, ...key: Parameters<typeof seriesKeyOf>) =>
      expect(spanIds(seriesKeyOf(...key)), key.join()).toEqual([tick.spanId(index)]);
    expectOf(1, METRICS.stageDuration.name, ['stage', 'emit'], ['loop', 'hedge']);
    expectOf(2, METRICS.exchangeRequestDuration.name, ['verb', 'GET'], ['api', 'book']);
    expectOf(2, METRICS.exchangeRequests.name, ['verb', 'GET'], ['api', 'book'], ['outcome', 'timeout']);
    expectOf(3, METRICS.operationDuration.name, ['operation', 'price']);
    expectOf(9, METRICS.databaseDuration.name, ['operation', 'select'], ['table', 'fills']);
    expectOf(
      9,
      METRICS.databaseQueries.name,
      ['operation', 'select'],
      ['table', 'fills'],
      ['status', 'error'],
    );
  });

  it('of misses and guard trips count one', () => {
    const store = storeOf([tickRecord({ missed: true, guardReasons: ['stale_book'] })], withoutSymbols);
    const misses = seriesKeyOf(METRICS.deadlineMisses.name, ['stage', 'tick_total']);
    const trips = seriesKeyOf(METRICS.guardTrips.name, ['reason', 'stale_book']);
    for (const key of [misses, trips]) expect(store.of(key)?.get(0)).toMatchObject({ value: 1 });
  });

  it('are with the symbol where symbols are told apart, or with those beyond the limit', () => {
    const known = tickRecord({ symbol: 'BTC-USD' });
    const beyond = tickRecord({ symbol: 'DOGE-USD' });
    const store = storeOf([known, beyond], (key) => !key.includes('DOGE'));
    const of = (...labels: [string, string][]) =>
      [
        ...(store.of(seriesKeyOf(METRICS.stageDuration.name, ['stage', 'tick_total'], ...labels))?.values() ??
          []),
      ].map(({ traceId }) => traceId);
    expect(of(['symbol', 'BTC-USD'])).toEqual([known.traceId]);
    expect(of(['otel.metric.overflow', 'true'])).toEqual([beyond.traceId]);
    expect(of()).toEqual([]);
  });

  it('take no more than some ticks of a large batch, the unusual ones among them', () => {
    let decoded = 0;
    const kept = (index: number) => ({
      ...keptRecord(tickRecord(), [index === 7 ? 'deadline_miss' : 'ratio']),
      get tick() {
        decoded++;
        return tickRecord({ missed: index === 7 });
      },
    });
    const store = new ExemplarStore({ hasSeries: withoutSymbols });
    store.acknowledged(Array.from({ length: 400 }, (_, index) => kept(index)));
    expect(decoded).toBe(65);
    expect(store.of(seriesKeyOf(METRICS.deadlineMisses.name, ['stage', 'tick_total']))?.size).toBe(1);
  });

  it('are not kept of what the histograms have not seen, nor of series that are not there', () => {
    expect(storeOf([tickRecord({ unfinished: true })]).size).toBe(0);
    expect(storeOf([tickRecord()], () => false).size).toBe(0);
  });

  it('are bounded: the series that got one longest ago gives way', () => {
    const store = new ExemplarStore({ hasSeries: withoutSymbols, maxExemplars: 3 });
    for (const stage of ['a', 'b', 'c', 'a', 'd']) {
      const tick = tickRecord({ spans: [spanRecord({ name: stage })] });
      const { spans } = tick;
      store.acknowledged([{ late: lateSpan(tick, { ...spans[0], kind: 'operation' }), keptBy: ['ratio'] }]);
    }
    const left = ['a', 'b', 'c', 'd'].filter((name) =>
      store.of(seriesKeyOf(METRICS.operationDuration.name, ['operation', name])),
    );
    expect(left).toEqual(['a', 'c', 'd']);
    expect(store.size).toBe(3);
  });
});
