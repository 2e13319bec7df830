import { describe, expect, it } from 'vitest';
import type { StageSummaryJson } from '../protocol.js';
import { PercentileHistory } from './percentile-history.js';

function stage(name: string, count: number, p50Millis: number | null): StageSummaryJson {
  return {
    stage: name,
    loop: null,
    count,
    sumMillis: 0,
    maxMillis: 0,
    p50Millis,
    p95Millis: p50Millis,
    p99Millis: p50Millis,
    p999Millis: p50Millis,
  };
}

function figures(ticks: number, misses: number, recent: readonly StageSummaryJson[]) {
  return {
    stages: [stage('tick_total', ticks, 1)],
    recent: { windowMillis: 10_000, stages: recent },
    deadlineMisses: misses,
  };
}

describe('the percentile history', () => {
  it('keeps its columns aligned when stages come and go', () => {
    const history = new PercentileHistory();
    history.push(figures(10, 0, [stage('tick_total', 10, 1)]), 1000);
    history.push(figures(20, 1, [stage('tick_total', 10, 2), stage('emit', 3, 0.5)]), 2000);
    history.push(figures(20, 1, [stage('emit', 3, null)]), 3000);
    expect(history.toJson()).toMatchObject({
      timesUnixMillis: [1000, 2000, 3000],
      ticks: [10, 20, 20],
      deadlineMisses: [0, 1, 1],
      stages: [
        { stage: 'tick_total', p50Millis: [1, 2, null] },
        { stage: 'emit', p50Millis: [null, 0.5, null] },
      ],
    });
  });

  it('forgets the oldest points and takes no more stages than its limit', () => {
    const history = new PercentileHistory({ maxPoints: 2, maxSeries: 1 });
    for (let second = 1; second <= 5; second++) {
      history.push(figures(second, 0, [stage('a', 1, second), stage('b', 1, second)]), second);
    }
    expect(history.toJson()).toEqual({
      timesUnixMillis: [4, 5],
      ticks: [4, 5],
      deadlineMisses: [0, 0],
      stages: [{ stage: 'a', loop: null, p50Millis: [4, 5], p95Millis: [4, 5], p99Millis: [4, 5] }],
    });
  });
});
