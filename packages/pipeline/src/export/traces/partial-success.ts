/**
 * OTLP's partial success: a backend answers 2xx and says that it did not take some of the spans.
 * https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
import type { Rejection } from './trace-transport.js';

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
