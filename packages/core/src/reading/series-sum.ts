import { addCells, cellCount } from '../memory/histogram.js';
import type { HistogramSnapshot, SeriesSnapshot } from '../records.js';

/** The series of all lanes, equal ones added up. */
export function sumSeries(lanes: readonly (readonly SeriesSnapshot[])[]): SeriesSnapshot[] {
  if (lanes.length === 1) return [...lanes[0]];
  return sumEqual(lanes.flat(), ({ metric, labels }) =>
    [metric, ...Object.entries(labels).flat()].join('\0'),
  );
}

/** Series of equal keys added up, in the order of their first ones, whose labels the sums have. */
export function sumEqual(
  series: readonly SeriesSnapshot[],
  keyOf: (series: SeriesSnapshot) => string,
): SeriesSnapshot[] {
  const groups = new Map<string, SeriesSnapshot[]>();
  for (const one of series) {
    const key = keyOf(one);
    const equal = groups.get(key);
    if (equal === undefined) groups.set(key, [one]);
    else equal.push(one);
  }
  return [...groups.values()].map((equal) => (equal.length === 1 ? equal[0] : sum(equal)));
}

/** Histograms of one metric added up, in the coarsest cells that one of them has. @param series at least one. */
export function sumHistograms(series: readonly HistogramSnapshot[]): HistogramSnapshot {
  const [first] = series;
  if (series.length === 1) return first;
  const { family } = series.reduce((a, b) => (b.family.cellBits < a.family.cellBits ? b : a));
  const cells = new Float64Array(cellCount(family));
  let total = 0;
  let max = 0;
  for (const one of series) {
    addCells({ family, cells }, one);
    total += one.sum;
    max = Math.max(max, one.max);
  }
  return { ...first, family, cells, sum: total, max };
}

function sum(equal: readonly SeriesSnapshot[]): SeriesSnapshot {
  const histograms = equal.filter((one) => one.type === 'histogram');
  if (histograms.length > 0) return sumHistograms(histograms);
  const values = equal.filter((one) => one.type !== 'histogram');
  return { ...values[0], value: values.reduce((total, { value }) => total + value, 0) };
}
