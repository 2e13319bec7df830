import type { SeriesSnapshot } from '@tickscope/core/internal';

/** One string per series, whatever the order of its labels. */
export function seriesKey(series: Pick<SeriesSnapshot, 'metric' | 'labels'>): string {
  const labels = Object.entries(series.labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([series.metric, labels]);
}
