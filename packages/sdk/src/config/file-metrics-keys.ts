/**
 * Keys of the `metrics:` block that are known and not in effect yet, so that a file written for them loads and
 * a misspelt one is still noticed. `any`: the keys within are the bot's own operations.
 */
export const METRICS_KEYS: Readonly<Record<string, readonly string[] | 'any'>> = {
  sampling: ['default_rate', 'adaptive', 'high_load_threshold', 'high_load_rate'],
  buffer: ['size', 'overflow_strategy'],
  aggregation: ['interval_ms', 'percentiles', 'sliding_windows'],
  export: ['enabled', 'interval_s', 'formats', 'output_dir'],
  sla_thresholds: 'any',
  alerting: ['enabled', 'slack_webhook', 'alert_on'],
};

export function isKnownMetricsKey(key: string): boolean {
  return Object.hasOwn(METRICS_KEYS, key);
}
