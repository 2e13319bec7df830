import type { HistogramSnapshot, SeriesSnapshot } from '@tickscope/core/internal';

export type HistogramSeries = HistogramSnapshot;

export function isHistogram(series: SeriesSnapshot): series is HistogramSeries {
  return series.type === 'histogram';
}
