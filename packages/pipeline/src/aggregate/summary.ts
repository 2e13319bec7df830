/** From the series that were read to the figures of `/api/snapshot`. Sums over loops unless a loop is named. */
import { METRICS, type SeriesSnapshot, sumHistograms } from '@tickscope/core/internal';
import type { SnapshotJson, StageSummaryJson } from '../protocol.js';
import { type HistogramSeries, isHistogram } from './histogram-series.js';
import { quantilesOf } from './quantiles.js';
import type { RecentDifference } from './recent-window.js';
import { stageOrder } from './stage-order.js';

export type SnapshotFigures = Pick<
  SnapshotJson,
  'stages' | 'recent' | 'ticksByOutcome' | 'deadlineMisses' | 'guardTrips' | 'requests' | 'parallelSymbols'
>;

export interface SummaryInputs {
  readonly series: readonly SeriesSnapshot[];
  readonly recent: RecentDifference;
  /** Declared stages by loop, `''` being the default loop. */
  readonly declaredStages: Readonly<Record<string, readonly string[]>>;
}

const TICK_TOTAL = 'tick_total';

export function summarize({ series, recent, declaredStages }: SummaryInputs): SnapshotFigures {
  const compare = stageOrder(declaredStages);
  const stages = (from: readonly SeriesSnapshot[]) =>
    from
      .filter(isHistogram)
      .filter((one) => one.metric === METRICS.stageDuration.name)
      .map(stageSummary)
      .sort(compare);
  return {
    stages: stages(series),
    recent: { windowMillis: recent.windowMillis, stages: stages(recent.series) },
    ticksByOutcome: sumByLabel(series, METRICS.ticks.name, 'outcome'),
    deadlineMisses: sumByLabel(series, METRICS.deadlineMisses.name, 'stage')[TICK_TOTAL] ?? 0,
    guardTrips: sumByLabel(series, METRICS.guardTrips.name, 'reason'),
    requests: requests(series),
    parallelSymbols: gaugeTotal(series, METRICS.parallelSymbols.name),
  };
}

function stageSummary(series: HistogramSeries): StageSummaryJson {
  const { count, values } = quantilesOf(series, [0.5, 0.95, 0.99, 0.999]);
  const [p50Millis, p95Millis, p99Millis, p999Millis] = values;
  return {
    stage: series.labels.stage ?? '',
    loop: series.labels.loop ?? null,
    count,
    sumMillis: series.sum,
    maxMillis: count === 0 ? 0 : series.max,
    p50Millis,
    p95Millis,
    p99Millis,
    p999Millis,
  };
}

function requests(series: readonly SeriesSnapshot[]): SnapshotJson['requests'] {
  const byRequest = new Map<string, { durations: HistogramSeries[]; outcomes: SeriesSnapshot[] }>();
  for (const one of series) {
    const isDuration = one.metric === METRICS.exchangeRequestDuration.name && isHistogram(one);
    if (!isDuration && one.metric !== METRICS.exchangeRequests.name) continue;
    const key = JSON.stringify([one.labels.verb ?? '', one.labels.api ?? '']);
    let found = byRequest.get(key);
    if (found === undefined) {
      found = { durations: [], outcomes: [] };
      byRequest.set(key, found);
    }
    if (isDuration) found.durations.push(one);
    else found.outcomes.push(one);
  }
  return [...byRequest]
    .map(([key, { durations, outcomes }]) => {
      const [verb, api] = JSON.parse(key) as [string, string];
      const [p50Millis, p95Millis, p99Millis] =
        durations.length === 0
          ? [null, null, null]
          : quantilesOf(sumHistograms(durations), [0.5, 0.95, 0.99]).values;
      return {
        verb,
        api,
        outcomes: sumByLabel(outcomes, METRICS.exchangeRequests.name, 'outcome'),
        p50Millis,
        p95Millis,
        p99Millis,
      };
    })
    .sort((a, b) => compareText(a.verb, b.verb) || compareText(a.api, b.api));
}

function sumByLabel(
  series: readonly SeriesSnapshot[],
  metric: string,
  label: string,
): Record<string, number> {
  const sums = new Map<string, number>();
  for (const one of series) {
    if (one.metric !== metric || isHistogram(one)) continue;
    const value = one.labels[label] ?? '';
    sums.set(value, (sums.get(value) ?? 0) + one.value);
  }
  return Object.fromEntries(sums);
}

function gaugeTotal(series: readonly SeriesSnapshot[], metric: string): number {
  let total = 0;
  for (const one of series) if (one.metric === metric && !isHistogram(one)) total += one.value;
  return total;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
