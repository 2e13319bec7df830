/** Metrics over OTLP/HTTP, at an interval and when flushed. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { CompressionAlgorithm, IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import {
  AggregationTemporality,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { PipelineSettings } from '../../settings.js';
import { probeEndpoint, withoutOtlpEnvironment } from '../otlp-endpoint.js';
import { tlsOptions } from '../tls-options.js';
import { encodeMetrics } from './otlp-metrics-json.js';

export type OtlpMetricSettings = NonNullable<PipelineSettings['otlpMetrics']>;

/** Finished exports; one that was cut off by a time limit counts when it ends. */
export interface MetricExportCounts {
  readonly ok: number;
  readonly failed: number;
}

/** The one that is sent and one that is just ending; a further export fails at once, and the next carries its counts. */
const MAX_CONCURRENT_EXPORTS = 2;

type HttpOptions = Parameters<typeof convertLegacyHttpOptions>[0];

/**
 * Exports cumulative sums and histograms every `intervalMillis`. One export may take as long as
 * `timeoutMillis`, and no longer than the interval, so that exports do not pile up.
 */
export class OtlpMetricReader extends PeriodicExportingMetricReader {
  readonly #url: string;
  readonly #countingExporter: CountingMetricExporter;

  /** @throws when the URL or a header is malformed. */
  constructor(producers: MetricProducer[], settings: OtlpMetricSettings) {
    const timeoutMillis = Math.min(settings.timeoutMillis, settings.intervalMillis);
    const exporter = new CountingMetricExporter(createDelegate(settings, timeoutMillis));
    super({
      exporter,
      exportIntervalMillis: settings.intervalMillis,
      exportTimeoutMillis: timeoutMillis,
      metricProducers: producers,
    });
    this.#url = settings.url;
    this.#countingExporter = exporter;
  }

  /** Live: its figures grow. */
  get counts(): MetricExportCounts {
    return this.#countingExporter.counts;
  }

  /**
   * Collects and sends once; true when the backend acknowledged it within the limit. A backend that refuses
   * the connection fails at once: the stock exporter would spend the whole limit on retries. Never rejects.
   */
  async sendNow(limitMillis: number): Promise<boolean> {
    const deadline = performance.now() + limitMillis;
    if ((await probeEndpoint(this.#url, limitMillis)) !== 'reachable') return false;
    try {
      await this.forceFlush({ timeoutMillis: Math.max(1, deadline - performance.now()) });
    } catch {
      return false;
    }
    return this.#countingExporter.lastSucceeded;
  }

  /** Sends a last time and stops; the same promise as `sendNow`. Never rejects. */
  async stop(limitMillis: number): Promise<boolean> {
    const deadline = performance.now() + limitMillis;
    const isDelivered = await this.sendNow(limitMillis);
    // The stock shutdown would export once more; everything has been said.
    this.#countingExporter.close();
    await this.shutdown({ timeoutMillis: Math.max(1, deadline - performance.now()) }).catch(() => {});
    return isDelivered;
  }
}

class CountingMetricExporter implements PushMetricExporter {
  readonly counts = { ok: 0, failed: 0 };
  lastSucceeded = false;
  readonly #delegate: IOtlpExportDelegate<Buffer>;
  #isClosed = false;

  constructor(delegate: IOtlpExportDelegate<Buffer>) {
    this.#delegate = delegate;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    if (this.#isClosed) return done({ code: ExportResultCode.SUCCESS });
    const finish = (result: ExportResult) => {
      this.lastSucceeded = result.code === ExportResultCode.SUCCESS;
      if (this.lastSucceeded) this.counts.ok++;
      else this.counts.failed++;
      done(result);
    };
    encodeMetrics(metrics).then(
      (body) => this.#delegate.export(body, finish),
      (error: Error) => finish({ code: ExportResultCode.FAILED, error }),
    );
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  /** Nothing waits here: the reader waits for its own export. */
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Does not wait for an export that hangs; it ends by its own time limit. */
  shutdown(): Promise<void> {
    void this.#delegate.shutdown().catch(() => {});
    return Promise.resolve();
  }
}

/** The stock transport, with its retries, around bytes that are encoded already. */
function createDelegate(settings: OtlpMetricSettings, timeoutMillis: number): IOtlpExportDelegate<Buffer> {
  const options: HttpOptions = {
    url: settings.url,
    headers: { ...settings.headers },
    timeoutMillis,
    // The exporter's enumeration of the same strings.
    compression: settings.compression as CompressionAlgorithm,
    concurrencyLimit: MAX_CONCURRENT_EXPORTS,
    // An agent of http would do nothing with them.
    httpAgentOptions: { keepAlive: true, ...tlsOptions(settings.tls) },
    userAgent: 'Tickscope',
  };
  const http = withoutOtlpEnvironment(() =>
    convertLegacyHttpOptions(options, 'METRICS', 'v1/metrics', { 'Content-Type': 'application/json' }),
  );
  const serializer = {
    serializeRequest: (body: Buffer) => body,
    // What a backend says beyond its status only the stock log would hear.
    deserializeResponse: () => ({}),
  };
  const counting = { name: 'metric_data_point', countItems: () => 0 } as const;
  return createOtlpHttpExportDelegate(
    http,
    serializer,
    'otlp_http_json_metric_exporter',
    counting,
    undefined,
  );
}
