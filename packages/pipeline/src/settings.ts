/** What the pipeline needs to know: resolved by `register()`, validated there, copied to the worker once. */
export interface PipelineSettings {
  readonly resource: {
    /** OpenTelemetry resource attributes, `service.name` and `service.instance.id` included. */
    readonly attributes: Readonly<Record<string, string | number | boolean>>;
  };
  readonly tail: {
    readonly sampleRatio: number;
    /** Every Nth tick is kept as `golden`; 0: none. */
    readonly goldenInterval: number;
    /** How long a kept tick waits before it is handed to export, milliseconds. */
    readonly holdBackMillis: number;
    /** Spans per second that may be kept; over it the least important reason gives way first. */
    readonly maxKeptSpansPerSecond: number;
  };
  /** Undefined: traces are not exported and stay in the store that the page shows. */
  readonly traces: OtlpSettings | undefined;
  readonly otlpMetrics: OtlpMetricsSettings | undefined;
  readonly exportQueue: {
    readonly maxSpans: number;
    readonly batchSpans: number;
    readonly scheduledDelayMillis: number;
    readonly maxConcurrentExports: number;
  };
  /** Undefined: no HTTP server. */
  readonly server: ServerSettings | undefined;
  readonly metrics: {
    /** Labels added to every series. */
    readonly constantLabels: Readonly<Record<string, string>>;
    /** Whether histograms and counters point at traces. */
    readonly exemplars: boolean;
  };
  readonly store: {
    /** Kept ticks that the page can open; the oldest go first. */
    readonly maxTicks: number;
  };
  /** Declared stages by loop (`''` is the default loop), for naming the open stage of a stuck lap-style tick. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
  /** A tick without a deadline counts as stuck after this many milliseconds. */
  readonly stuckAfterMillis: number;
}

export interface OtlpSettings {
  /** The signal's full URL, for example `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMillis: number;
  readonly compression: 'none' | 'gzip';
  /** PEM files for an https endpoint. Undefined: the certificate authorities that Node.js trusts, no client's own. */
  readonly tls?: TlsFiles;
}

export interface TlsFiles {
  /** Certificate authorities to trust instead of Node.js's own. */
  readonly certificateFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
  readonly clientCertificateFile?: string | undefined;
}

export interface OtlpMetricsSettings extends OtlpSettings {
  readonly intervalMillis: number;
  /** Buckets of the histograms. */
  readonly histograms: 'explicit' | 'exponential';
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** True when the bot's author chose the port: a configured port that is taken is not replaced by another. */
  readonly portIsConfigured: boolean;
}
