import type { SeriesSnapshot } from '@tickscope/core/internal';

export type HistogramSeries = Extract<SeriesSnapshot, { type: 'histogram' }>;

export function isHistogram(series: SeriesSnapshot): series is HistogramSeries {
  return series.type === 'histogram';
}
