import type { SnapshotJson, StageSummaryJson } from '@tickscope/pipeline/protocol';
import { describe, expect, it } from 'vitest';
import { History } from './history.js';

function stage(name: string, count: number, millis: number | null): StageSummaryJson {
  return {
    stage: name,
    loop: null,
    count,
    sumMillis: 0,
    maxMillis: 0,
    p50Millis: millis,
    p95Millis: millis,
    p99Millis: millis,
    p999Millis: millis,
  };
}

function snapshot(
  second: number,
  ticks: number,
  misses: number,
  recent: readonly StageSummaryJson[],
): SnapshotJson {
  return {
    nowUnixMillis: second * 1000,
    stages: [stage('tick_total', ticks, 1), stage('emit', ticks, 1)],
    recent: { windowMillis: 10_000, stages: recent },
    deadlineMisses: misses,
  } as unknown as SnapshotJson;
}

describe('the page’s history', () => {
  it('continues the server’s history without repeating a point', () => {
    const history = new History();
    history.load({
      timesUnixMillis: [1000, 2000],
      ticks: [10, 20],
      deadlineMisses: [0, 0],
      stages: [{ stage: 'tick_total', loop: null, p50Millis: [1, 2], p95Millis: [1, 2], p99Millis: [1, 2] }],
    });
    history.append(snapshot(2, 20, 0, [stage('tick_total', 10, 9)]));
    history.append(snapshot(3, 30, 0, [stage('tick_total', 10, 3), stage('emit', 10, 0.5)]));
    expect(history.times).toEqual([1000, 2000, 3000]);
    expect(history.percentiles('tick_total').p99).toEqual([1, 2, 3]);
    expect(history.percentiles('emit').p50).toEqual([null, null, 0.5]);
    expect(history.percentiles('never').p50).toEqual([null, null, null]);
  });

  it('derives rates and miss shares from totals, over about ten seconds', () => {
    const history = new History();
    for (let second = 0; second <= 20; second++) {
      const isLater = second > 10;
      history.append(
        snapshot(second, second * 100 + (isLater ? (second - 10) * 100 : 0), isLater ? second - 10 : 0, []),
      );
    }
    expect(history.tickRates()[0]).toBeNull();
    expect(history.tickRates()[10]).toBe(100);
    expect(history.tickRates()[20]).toBe(200);
    expect(history.missPercents()[20]).toBe(0.5);
  });

  it('has no miss share where nothing ticked', () => {
    const history = new History();
    history.append(snapshot(1, 5, 1, []));
    history.append(snapshot(2, 5, 1, []));
    expect(history.missPercents()).toEqual([null, null]);
  });

  it('is bounded', () => {
    const history = new History();
    for (let second = 1; second <= 2000; second++)
      history.append(snapshot(second, second, 0, [stage('emit', 1, 1)]));
    expect(history.times.length).toBe(660);
    expect(history.percentiles('emit').p95.length).toBe(660);
  });
});
