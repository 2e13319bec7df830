/**
 * Decodes OTLP/HTTP bodies with nothing of Tickscope and nothing of the OpenTelemetry release it uses: protobuf by the
 * classes generated from the .proto files in an older otlp-transformer, JSON by the mapping the specification gives (hex
 * ids, 64-bit integers as decimal strings, enumerations as numbers). What deviates is refused, not repaired.
 */
import root from '@opentelemetry/otlp-transformer/build/src/generated/root.js';

export type Signal = 'traces' | 'metrics';

/** A decoded message: the JSON mapping's shape, whatever the bytes were; absent fields are absent. */
// biome-ignore lint/suspicious/noExplicitAny: foreign data, checked field by field where it is flattened.
export type Message = any;

export function decodeRequest(signal: Signal, contentType: string, body: Buffer): Message {
  if (/^application\/json\b/.test(contentType)) return JSON.parse(body.toString('utf8'));
  if (/^application\/x-protobuf\b/.test(contentType)) return fromProtobuf(signal, body);
  throw new Error(`content type ${JSON.stringify(contentType)} is not OTLP/HTTP`);
}

/** The body of a successful answer, or of one that says that some of the items were not taken. */
export function encodeResponse(
  signal: Signal,
  contentType: string,
  partial?: { readonly rejected: number; readonly message: string },
): Buffer {
  const field = signal === 'traces' ? 'rejectedSpans' : 'rejectedDataPoints';
  const message = partial
    ? { partialSuccess: { [field]: String(partial.rejected), errorMessage: partial.message } }
    : {};
  if (/^application\/json\b/.test(contentType)) return Buffer.from(JSON.stringify(message));
  const type =
    collector(signal)[signal === 'traces' ? 'ExportTraceServiceResponse' : 'ExportMetricsServiceResponse'];
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

function fromProtobuf(signal: Signal, body: Buffer): Message {
  const type =
    collector(signal)[signal === 'traces' ? 'ExportTraceServiceRequest' : 'ExportMetricsServiceRequest'];
  return withHexIds(type.toObject(type.decode(body), { longs: String, enums: Number, bytes: Buffer }));
}

// The generated module's declarations say only that it is a protobufjs root.
function collector(signal: Signal): Message {
  const { proto } = (root as Message).opentelemetry;
  return signal === 'traces' ? proto.collector.trace.v1 : proto.collector.metrics.v1;
}

function withHexIds(value: Message): Message {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(withHexIds);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withHexIds(item)]));
  return value;
}
