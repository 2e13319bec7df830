/** The cases that several suites share: a key for results, a label for tables, and what a child loads. */
export const BARE_6 = { key: 'bare6', label: '6 bare clock reads', module: 'bare', options: { reads: 6 } };
export const BARE_10 = {
  key: 'bare10',
  label: '10 bare clock reads',
  module: 'bare',
  options: { reads: 10 },
};

const tickscope = (key, label, options) => ({
  key,
  label: `Tickscope, ${label}`,
  module: 'tickscope',
  options,
});
export const LAP = tickscope('lap', 'lap', { style: 'lap' });
export const START_END = tickscope('startEnd', 'start + end', { style: 'startEnd' });
export const CALLBACK = tickscope('callback', 'callback, ambient context', { style: 'callback' });
export const AWAITED = tickscope('awaited', 'callback, awaited stages', { style: 'awaited' });
export const LAP_METRICS = tickscope('lapMetrics', 'lap, mode metrics', { style: 'lap', mode: 'metrics' });
export const LAP_OFF = tickscope('lapOff', 'lap, mode off', { style: 'lap', mode: 'off' });

const stock = (key, label, options) => ({
  key,
  label: `OpenTelemetry JS 2.12, ${label}`,
  module: 'stock',
  options,
});
export const STOCK_1 = stock('stock1', 'active spans, ratio 1', { style: 'active', ratio: 1 });
export const STOCK_02 = stock('stock02', 'active spans, ratio 0.2', { style: 'active', ratio: 0.2 });
export const STOCK_0 = stock('stock0', 'active spans, ratio 0', { style: 'active', ratio: 0 });
export const STOCK_EXPLICIT = stock('stockExplicit', 'contexts by hand, ratio 0.2', {
  style: 'explicit',
  ratio: 0.2,
});
export const STOCK_AWAITED = stock('stockAwaited', 'awaited stages, ratio 0.2', {
  style: 'awaited',
  ratio: 0.2,
});
export const STOCK_METRICS = stock('stockMetrics', 'metrics only', { style: 'metrics' });

export const PERF_HOOKS = {
  key: 'perfHooks',
  label: 'perf_hooks histograms, metrics only',
  module: 'perf-hooks',
  options: {},
};
export const PROM_CLIENT = {
  key: 'promClient',
  label: 'prom-client 15, metrics only',
  module: 'prom-client',
  options: {},
};

/** The same case sending its spans to a receiver. */
export function exporting(subject, endpoint) {
  return { ...subject, options: { ...subject.options, endpoint } };
}
