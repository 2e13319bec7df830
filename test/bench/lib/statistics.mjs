/** Order statistics and resampling: everything that turns repetitions into a published figure. */

/** The q-quantile by linear interpolation between order statistics; NaN for no values. */
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Width of the middle half. */
export function interquartileRange(values) {
  return quantile(values, 0.75) - quantile(values, 0.25);
}

/** A small seeded generator (mulberry32), so that a run's order and intervals can be repeated. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled(items, random) {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

/**
 * The 95 % percentile-bootstrap interval of a statistic of one sample.
 * With the nine repetitions of a timing run it is rough, and still tells a difference from noise.
 */
export function bootstrapInterval(values, statistic = median, { resamples = 2000, seed = 1 } = {}) {
  const random = seededRandom(seed);
  const draws = Array.from({ length: resamples }, () => statistic(resample(values, random)));
  return [quantile(draws, 0.025), quantile(draws, 0.975)];
}

/** The 95 % interval of statistic(a) - statistic(b) for two independent samples. */
export function bootstrapDifferenceInterval(a, b, statistic = median, { resamples = 2000, seed = 1 } = {}) {
  const random = seededRandom(seed);
  const draws = Array.from(
    { length: resamples },
    () => statistic(resample(a, random)) - statistic(resample(b, random)),
  );
  return [quantile(draws, 0.025), quantile(draws, 0.975)];
}

function resample(values, random) {
  return Array.from({ length: values.length }, () => values[Math.floor(random() * values.length)]);
}

/** Median, middle half and bootstrap interval of one sample. */
export function summarize(values) {
  return {
    median: median(values),
    iqr: interquartileRange(values),
    interval: bootstrapInterval(values),
    repetitions: values.length,
  };
}

/**
 * The ratio a[i] / b[i] of repetitions that ran in the same round, so that a slow minute of the machine
 * weighs on both.
 */
export function pairedRatio(a, b) {
  if (a.length !== b.length) throw new Error(`pairs need equal lengths, got ${a.length} and ${b.length}`);
  return summarize(a.map((value, index) => value / b[index]));
}
