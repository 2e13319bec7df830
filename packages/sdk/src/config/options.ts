import type { Mode } from '@tickscope/core';

/**
 * What `register()` takes. Everything is optional. Where a setting can also come from the environment or the
 * configuration file, code wins over environment wins over file wins over default; only switching off is
 * different: `OTEL_SDK_DISABLED=true` and an `enabled: false` win wherever they stand.
 *
 * Nothing is clamped or ignored: a value outside its range, an unknown key or a duplicate name is refused with
 * a `TickscopeError` (`TICKSCOPE_INVALID_CONFIG`) that lists every problem at once.
 */
export interface RegisterOptions<S extends string = string, G extends string = string> {
  /** `false` switches Tickscope off whatever other sources say. Default `true`. */
  readonly enabled?: boolean;
  /** `service.name` of everything exported. Default: `OTEL_SERVICE_NAME`, else `unknown_service:node`. */
  readonly service?: string;
  /** `service.version` of everything exported. Default none. */
  readonly serviceVersion?: string;
  /** Resource attributes, added to and overriding the detected ones. `telemetry.sdk.*` is Tickscope's own. */
  readonly resource?: Readonly<Record<string, string | number | boolean>>;
  /** Labels on every series in `/metrics` and OTLP, at most 16. Default none. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /** Histograms and counters point at traces that the backend has acknowledged. Default `true`. */
  readonly exemplars?: boolean;

  /**
   * Stages of the default loop in their usual order: their series exist, at zero, from the start, and their
   * names are checked by the compiler. At most 64 names of at most 64 characters; `tick_total` and `wait` are
   * reserved. Default none: a stage is then declared by its first use.
   */
  readonly stages?: readonly S[];
  /** Reasons that `guardTrip` takes; counters start at zero. At most 256 names of at most 64 characters. */
  readonly guardReasons?: readonly G[];
  /** A tick that takes longer, strictly, is a miss. Milliseconds, above 0. Default none: no tick can miss. */
  readonly deadlineMs?: number;

  /**
   * `off`: nothing is recorded. `metrics`: durations and counters, no traces. `sampled`: traces too, of the
   * ticks that the ratio selects and of every miss, guard trip and failure. `full`: traces of every tick.
   * Default: `full` where `sampleRatio` is 1, else `sampled`.
   */
  readonly mode?: Mode;
  /**
   * Share of ordinary ticks that is traced, 0 to 1; the smallest share above 0 is 2^-32. Metrics always see
   * every tick. Default 1, as OpenTelemetry's own default sampler has it.
   */
  readonly sampleRatio?: number;
  /** Every Nth tick is traced as `golden`, whatever the ratio. 0 to 2^32 - 1; default 0: none. */
  readonly goldenInterval?: number;
  /**
   * How long a kept tick waits before it is exported, for explanations that arrive late. 0 to 10 000 ms;
   * default 250.
   */
  readonly holdBackMs?: number;
  /**
   * Spans per second that may be kept, 1 to 10 000 000; beyond it the least important reason gives way first
   * (miss, failure, guard trip, golden, ratio), and what gives way is counted. Default 100 000.
   */
  readonly maxKeptSpansPerSecond?: number;
  /** Kept ticks that the page can open; the oldest go first. 0 to 100 000; default 1 000. */
  readonly maxStoredTicks?: number;
  /**
   * Adds the label `symbol` to stage durations and deadline misses: one series per symbol and stage. Sums over
   * them are what they are without it. Default `false`.
   */
  readonly symbolLabel?: boolean;
  /**
   * Symbols that `symbolLabel` tells apart, 1 to 1 000, counted for each loop that they tick in; those beyond it
   * share series labelled `otel_metric_overflow="true"`. A symbol takes 136 KiB of address space, more where a
   * loop declares more than eight stages, of which what is written to is used. Default 64.
   */
  readonly symbolLabelLimit?: number;
  /** A tick without a deadline counts as stuck after this. 1 to 3 600 000 ms; default 1 000. */
  readonly stuckAfterMs?: number;

  /** Where `/metrics`, `/health` and `/dashboard` are served; `false`: no server. */
  readonly prometheus?: PrometheusOptions | false;
  /** Where traces (and, if asked, metrics) are sent; `false`: nowhere, whatever the environment says. */
  readonly otlp?: OtlpOptions | false;
  /** The queue in front of the OTLP exporter. */
  readonly exportQueue?: ExportQueueOptions;

  /**
   * `worker`: everything but recording runs on a worker thread. `inline`: on the trading thread, for tests and
   * hosts without workers; no flush at `process.exit()` and no stuck-tick detection. Default `worker`.
   */
  readonly pipeline?: 'worker' | 'inline';
  /** The shared memory that carries ticks to the pipeline. */
  readonly ring?: RingOptions;
  /**
   * Ticks that may be open at the same time, 1 to 4 096. Beyond it a tick is measured but not traced, and
   * counted. Default 256.
   */
  readonly maxOpenTicks?: number;
  /** An open tick this old may be closed as `abandoned`, to make room. 1 to 86 400 000 ms; default 60 000. */
  readonly abandonAfterMs?: number;
  /** How long exit, `flush()` and `shutdown()` may wait for the exporter. 0 to 60 000 ms; default 2 000. */
  readonly flushTimeoutMs?: number;

  /** The ambient OpenTelemetry span is the stage instead of the tick, at a cost per stage. Default `false`. */
  readonly ambientStages?: boolean;
  /**
   * Registers an OpenTelemetry ContextManager if the process has none, so that `trace.getActiveSpan()` inside a
   * tick is a span of that tick. Default `true`.
   */
  readonly contextManager?: boolean;
  /**
   * OpenTelemetry's global TracerProvider, so that spans of its API are recorded here. `auto`: registered unless
   * another one is, or a TickscopeSpanProcessor is made for a provider of the bot's own; said once where another
   * has the place. `force`: replaces another one, and says so. `off`: not registered. Default `auto`.
   */
  readonly tracerProvider?: 'auto' | 'off' | 'force';
  /** What spans of OpenTelemetry's API may carry; what is beyond it is counted. */
  readonly spanLimits?: SpanLimitOptions;
  /**
   * What OpenTelemetry's global propagator reads and writes, if the process has none: W3C trace context, W3C
   * baggage. `[]`: none is registered. Default `["tracecontext","baggage"]`.
   */
  readonly propagators?: readonly ('tracecontext' | 'baggage')[];
  /**
   * Hosts that the global propagator's `inject` may write for: `risk.internal`, `*.internal` for every host below
   * it, or `*` for anywhere. Libraries that instrument HTTP clients call it for every request, those to venues too;
   * the host is that of the request's span. Default none.
   */
  readonly propagateTo?: readonly string[];
  /** Never recycles handles, so that every use after `end()` is noticed; allocates. Default `false`. */
  readonly debugHandles?: boolean;

  /** Path of a YAML configuration file, relative to the working directory. Default: `TICKSCOPE_CONFIG`, else none. */
  readonly config?: string;
  /**
   * What `register()` does with a configuration that is refused: `throw`, or `disable`: say so once and run the
   * bot without telemetry. Default `throw`.
   */
  readonly onConfigError?: 'throw' | 'disable';
}

export interface PrometheusOptions {
  /** Address to listen on. Default `127.0.0.1`: not reachable from other machines. */
  readonly host?: string;
  /**
   * 0 to 65 535; 0 lets the system choose. Default 9464, or the next free one where that is taken. A port that
   * was configured is never replaced: taken, there is no server, and a warning.
   */
  readonly port?: number;
}

export interface OtlpOptions extends OtlpTransferOptions {
  /** Base URL, to which `/v1/traces` and `/v1/metrics` are appended. Default none: nothing is sent. */
  readonly endpoint?: string;
  /** Whether traces are sent, and what differs for them. Default: sent where there is an endpoint. */
  readonly traces?: boolean | OtlpSignalOptions;
  /** Whether metrics are sent, and what differs for them. Default: not sent, since `/metrics` serves them. */
  readonly metrics?: boolean | OtlpMetricsOptions;
}

export interface OtlpTransferOptions {
  /** Sent with every request. Never shown in messages. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For one request, its retries included. 1 to 600 000 ms; default 10 000. */
  readonly timeoutMs?: number;
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip';
  /** PEM file of the certificate authorities that an https endpoint is checked by. Default: those of Node.js. */
  readonly certificateFile?: string;
  /** PEM file of the private key for mTLS; read by the worker alone. Default none. */
  readonly clientKeyFile?: string;
  /** PEM file of the certificate, or the chain of it, for mTLS. Default none. */
  readonly clientCertificateFile?: string;
}

export interface OtlpSignalOptions extends OtlpTransferOptions {
  /** The signal's full URL, used as it is. */
  readonly endpoint?: string;
}

export interface OtlpMetricsOptions extends OtlpSignalOptions {
  /** 100 to 3 600 000 ms; default 60 000. */
  readonly intervalMs?: number;
  /**
   * Buckets of Tickscope's histograms: `explicit` with the bounds of `/metrics`, exact, or `exponential` at scale 7,
   * for percentiles within 1 % (1.4 % with `symbolLabel`). Default `explicit`.
   */
  readonly histograms?: 'explicit' | 'exponential';
}

export interface ExportQueueOptions {
  /** Spans that may wait; what does not fit is dropped and counted. 1 to 1 048 576; default 65 536. */
  readonly maxSpans?: number;
  /** Spans in one request, at most `maxSpans`. Default 2 048, or `maxSpans` where that is less. */
  readonly batchSpans?: number;
  /** An incomplete batch waits this long. 1 to 60 000 ms; default 1 000. */
  readonly scheduledDelayMs?: number;
  /** Requests under way at the same time, 1 to 64; default 4. */
  readonly maxConcurrentExports?: number;
}

export interface SpanLimitOptions {
  /** 0 to 10 000; default 128. */
  readonly attributeCount?: number;
  /** Of texts and bytes in attribute values. 1 to 16 384; default 16 384, to which a span's frame is bound. */
  readonly attributeValueLength?: number;
  /** The oldest give way. 0 to 10 000; default 128. */
  readonly eventCount?: number;
  /** The oldest give way. 0 to 10 000; default 128. */
  readonly linkCount?: number;
  /** 0 to 10 000; default 128. */
  readonly attributesPerEvent?: number;
  /** 0 to 10 000; default 128. */
  readonly attributesPerLink?: number;
}

export interface RingOptions {
  /** A power of two from 1 024 to 16 777 216, of 32 bytes each. Default 131 072: 4 MiB per trading thread. */
  readonly slots?: number;
  /** When it is full: `drop` loses the newest tick, `overwrite` the oldest; counted either way. Default `drop`. */
  readonly overflow?: 'drop' | 'overwrite';
}
