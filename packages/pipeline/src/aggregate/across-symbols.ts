/**
 * The stages' series as they are without `symbolLabel`: what symbols are told apart by taken off, and what is then
 * equal added up. The page, its history and the recent window show stages; `/metrics` and OTLP, symbols.
 */
import { METRICS, type SeriesSnapshot, sumEqual } from '@tickscope/core/internal';
import { seriesKey } from './series-key.js';

const LABELS = ['symbol', 'otel.metric.overflow'];

export function acrossSymbols(series: readonly SeriesSnapshot[]): SeriesSnapshot[] {
  const stages: SeriesSnapshot[] = [];
  const others: SeriesSnapshot[] = [];
  let isApart = false;
  for (const one of series) {
    if (one.metric !== METRICS.stageDuration.name) {
      others.push(one);
      continue;
    }
    // The series that takes what memory had no room for is of no stage, and stays as it is.
    const isLabelled = one.labels.stage !== undefined && LABELS.some((label) => label in one.labels);
    stages.push(isLabelled ? { ...one, labels: withoutSymbol(one.labels) } : one);
    isApart ||= isLabelled;
  }
  return isApart ? [...sumEqual(stages, seriesKey), ...others] : [...series];
}

function withoutSymbol(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !LABELS.includes(label)));
}
