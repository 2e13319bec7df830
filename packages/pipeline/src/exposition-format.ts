/** The forms that `/metrics` can take; which one, the scraper and the server agree on. */
export type ExpositionFormat =
  /** Prometheus' text format 0.0.4. */
  | 'text'
  /** OpenMetrics 1.0 text: exemplars too. */
  | 'openmetrics'
  /** `io.prometheus.client.MetricFamily`, delimited: exemplars and native histograms too. */
  | 'protobuf';
