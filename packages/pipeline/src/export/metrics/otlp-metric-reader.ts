/** Metrics over OTLP/HTTP, at an interval and when flushed. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
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

export type OtlpMetricSettings = NonNullable<PipelineSettings['otlpMetrics']>;

/** Finished exports; one that was cut off by a time limit counts when it ends. */
export interface MetricExportCounts {
  readonly ok: number;
  readonly failed: number;
}

/** The one that is sent and one that is just ending; a further export fails at once, and the next carries its counts. */
const MAX_CONCURRENT_EXPORTS = 2;

type OtlpCompression = NonNullable<
  NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>['compression']
>;

/**
 * Exports cumulative sums and histograms every `intervalMillis`. One export may take as long as
 * `timeoutMillis`, and no longer than the interval, so that exports do not pile up.
 */
export class OtlpMetricReader extends PeriodicExportingMetricReader {
  readonly #url: string;
  readonly #countingExporter: CountingMetricExporter;

  /** @throws when the URL or a header is malformed. */
  constructor(producer: MetricProducer, settings: OtlpMetricSettings) {
    const timeoutMillis = Math.min(settings.timeoutMillis, settings.intervalMillis);
    const exporter = new CountingMetricExporter(createExporter(settings, timeoutMillis));
    super({
      exporter,
      exportIntervalMillis: settings.intervalMillis,
      exportTimeoutMillis: timeoutMillis,
      metricProducers: [producer],
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
  readonly #exporter: OTLPMetricExporter;
  #isClosed = false;

  constructor(exporter: OTLPMetricExporter) {
    this.#exporter = exporter;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    if (this.#isClosed) return done({ code: ExportResultCode.SUCCESS });
    this.#exporter.export(metrics, (result) => {
      this.lastSucceeded = result.code === ExportResultCode.SUCCESS;
      if (this.lastSucceeded) this.counts.ok++;
      else this.counts.failed++;
      done(result);
    });
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
    void this.#exporter.shutdown().catch(() => {});
    return Promise.resolve();
  }
}

function createExporter(settings: OtlpMetricSettings, timeoutMillis: number): OTLPMetricExporter {
  return withoutOtlpEnvironment(
    () =>
      new OTLPMetricExporter({
        url: settings.url,
        headers: { ...settings.headers },
        timeoutMillis,
        // A string enum of a package that is not ours to depend on; its values are these strings.
        compression: settings.compression as OtlpCompression,
        concurrencyLimit: MAX_CONCURRENT_EXPORTS,
        temporalityPreference: AggregationTemporalityPreference.CUMULATIVE,
        // An agent of http would do nothing with them.
        httpAgentOptions: { keepAlive: true, ...tlsOptions(settings.tls) },
        userAgent: 'Tickscope',
      }),
  );
}
