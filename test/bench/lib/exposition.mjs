/** Just enough of Prometheus' text format 0.0.4 to read single samples back. */
function* samples(text, name) {
  for (const line of text.split('\n')) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (parts === null || parts[1] !== name) continue;
    const labels = Object.fromEntries(
      [...(parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label, value]),
    );
    yield { labels, value: number(parts[3]) };
  }
}

/** The value of the series that has these labels; NaN when there is none. */
export function sampleValue(text, name, wanted) {
  for (const { labels, value } of samples(text, name)) if (includes(labels, wanted)) return value;
  return Number.NaN;
}

export function sumOf(text, name) {
  let sum = 0;
  for (const { value } of samples(text, name)) sum += value;
  return sum;
}

/** Cumulative buckets in ascending order, `le` as a number. */
export function histogramBuckets(text, name, wanted) {
  const buckets = [];
  for (const { labels, value } of samples(text, `${name}_bucket`)) {
    if (includes(labels, wanted)) buckets.push({ le: number(labels.le), value });
  }
  return buckets.sort((a, b) => a.le - b.le);
}

function includes(labels, wanted) {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

function number(word) {
  return word === '+Inf' ? Number.POSITIVE_INFINITY : Number(word);
}
