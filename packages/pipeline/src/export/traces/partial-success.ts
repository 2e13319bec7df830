/**
 * OTLP's partial success: a backend answers 2xx and says that it did not take some of the spans.
 * https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Rejection } from './trace-transport.js';

/** What the stock exporter holds to handle responses with; private to it. */
interface ExporterInside {
  readonly _delegate?: { _responseHandler?: { handleResponse(response: unknown): void } };
}

/**
 * Calls `hear` with every decoded response, before the export's result is known. The stock exporter writes a partial
 * success to its log, reports success, and has no option for more: its handler, which no interface reaches, is
 * replaced. Where a later version has it elsewhere, nothing is heard and a partial success counts as exported; the
 * tests notice.
 */
export function tapResponses(exporter: OTLPTraceExporter, hear: (response: unknown) => void): void {
  const delegate = (exporter as unknown as ExporterInside)._delegate;
  if (delegate?._responseHandler !== undefined) delegate._responseHandler = { handleResponse: hear };
}

/** Undefined where everything was taken: a message alone is a warning. Nothing in the response is trusted. */
export function rejectionIn(response: unknown): Rejection | undefined {
  const partial = (
    response as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } } | null
  )?.partialSuccess;
  // 64-bit integers are texts in OTLP/JSON; some backends send numbers.
  const spans = Math.floor(Number(partial?.rejectedSpans ?? 0));
  if (!(spans > 0)) return undefined;
  const message = partial?.errorMessage;
  return { spans, message: typeof message === 'string' ? message : '' };
}
