/**
 * Sends batches through OpenTelemetry's OTLP/HTTP exporter.
 *
 * What the stock exporter leaves open is closed here. Its time limit is one of inactivity, it starts once a
 * connection is open and anew with every retry: a batch can take a multiple of it, and an unanswered
 * connection attempt the minutes of the operating system. It cannot be told to give a batch up either. So
 * every concurrent export has an exporter and a connection of its own, a lane; abandoning the batch closes
 * the lane, and an exporter that wakes from its back-off finds that it cannot connect any more. Until then
 * (at most `timeoutMillis`) it still holds the batch.
 *
 * Its retries: up to five, after 1 s growing to 5 s or after `Retry-After`, for 429, 502, 503, 504 and
 * failures of the network, never beyond `timeoutMillis`. A partial success is heard where its response is decoded.
 */
import { Agent as HttpAgent } from 'node:http';
import { ExportResultCode } from '@opentelemetry/core';
import { type CompressionAlgorithm, OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExportTraceServiceResponse,
  type ISerializer,
  JsonTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { OtlpSettings } from '../../settings.js';
import { probeEndpoint, type Reachability, withoutOtlpEnvironment } from '../otlp-endpoint.js';
import { tlsOptions } from '../tls-options.js';
import { rejectionIn } from './partial-success.js';
import type { Rejection, SendResult, TraceTransport } from './trace-transport.js';

export class OtlpTraceTransport implements TraceTransport {
  readonly #settings: OtlpSettings;
  /** Lanes whose connection is kept alive for the next batch. Their number follows the caller's concurrency. */
  readonly #idle: Lane[] = [];
  #isClosed = false;

  /** @throws when the URL or a header is malformed. */
  constructor(settings: OtlpSettings) {
    this.#settings = settings;
    this.#idle.push(new Lane(settings));
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<SendResult> {
    if (signal.aborted || this.#isClosed) return { status: 'failed', message: 'given up before sending' };
    const lane = this.#idle.pop() ?? new Lane(this.#settings);
    const close = () => lane.close();
    signal.addEventListener('abort', close, { once: true });
    const result = await lane.send(request);
    signal.removeEventListener('abort', close);
    if (this.#isClosed) lane.close();
    else if (!lane.isClosed) this.#idle.push(lane);
    return result;
  }

  probe(limitMillis: number): Promise<Reachability> {
    return probeEndpoint(this.#settings.url, limitMillis);
  }

  close(): void {
    this.#isClosed = true;
    for (const lane of this.#idle.splice(0)) lane.close();
  }
}

/** One exporter with one connection. */
class Lane {
  readonly #exporter: OTLPExporterBase<Uint8Array>;
  readonly #agent: HttpAgent;
  /** Of the batch that is under way. */
  #rejected: Rejection | undefined;
  #isClosed = false;

  constructor(settings: OtlpSettings) {
    // Loaded for such an endpoint only: TLS takes 1 to 2.5 MiB.
    const agent = settings.url.startsWith('https:')
      ? new (process.getBuiltinModule('node:https').Agent)({
          ...tlsOptions(settings.tls),
          keepAlive: true,
          maxSockets: 1,
        })
      : new HttpAgent({ keepAlive: true, maxSockets: 1 });
    const createConnection = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      if (this.#isClosed) throw new Error('the batch was given up');
      return createConnection(options, callback);
    };
    this.#agent = agent;
    this.#exporter = createExporter(settings, agent, (response) => {
      this.#rejected = rejectionIn(response);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(request: Uint8Array): Promise<SendResult> {
    this.#rejected = undefined;
    return new Promise((resolve) => {
      try {
        this.#exporter.export(request, ({ code, error }) => {
          resolve(
            code === ExportResultCode.SUCCESS
              ? { status: 'acknowledged', rejected: this.#rejected }
              : { status: 'failed', message: error?.message || 'export failed' },
          );
        });
      } catch (error) {
        resolve({ status: 'failed', message: String(error) });
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }
}

/** What `exporter-trace-otlp-http` is made of, but for its serialiser. */
function createExporter(
  settings: OtlpSettings,
  agent: HttpAgent,
  hear: (response: IExportTraceServiceResponse) => void,
): OTLPExporterBase<Uint8Array> {
  return withoutOtlpEnvironment(
    () =>
      new OTLPExporterBase(
        createOtlpHttpExportDelegate(
          convertLegacyHttpOptions(
            {
              url: settings.url,
              headers: { ...settings.headers },
              timeoutMillis: settings.timeoutMillis,
              // The exporter's enumeration of the same strings.
              compression: settings.compression as CompressionAlgorithm,
              // A lane has one batch at a time; the exporter clears its slot a moment after it has called back.
              concurrencyLimit: 2,
              httpAgentOptions: () => agent,
              userAgent: 'Tickscope',
            },
            'TRACES',
            'v1/traces',
            { 'Content-Type': 'application/json' },
          ),
          serializer(hear),
          'otlp_http_span_exporter',
          UNCOUNTED,
          undefined,
        ),
      ),
  );
}

/** Requests come encoded. Responses are heard before the export's result is known. */
function serializer(
  hear: (response: IExportTraceServiceResponse) => void,
): ISerializer<Uint8Array, IExportTraceServiceResponse> {
  return {
    serializeRequest: (request) => request,
    deserializeResponse(bytes) {
      hear(JsonTraceSerializer.deserializeResponse(bytes));
      // The exporter would make a log line of a partial success, for every batch.
      return {};
    },
  };
}

/** For metrics of the exporter, which nobody reads: the ledger counts. */
const UNCOUNTED = { name: 'span', countItems: () => 0 } as const;
