/** Received telemetry, flattened: each record carries its resource and scope. */

export type OtlpValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | OtlpValue[]
  | { [key: string]: OtlpValue };
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

export interface ReceivedEvent {
  readonly name: string;
  readonly timeUnixNano: bigint;
  readonly attributes: OtlpAttributes;
}

export interface ReceivedSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** OTLP's number: 1 internal, 2 server, 3 client, … */
  readonly kind: number;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly attributes: OtlpAttributes;
  readonly droppedAttributesCount: number;
  readonly events: readonly ReceivedEvent[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** OTLP's number: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly resource: OtlpAttributes;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface ReceivedExemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly timeUnixNano: bigint;
}

interface ReceivedPointBase {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: OtlpAttributes;
  readonly startUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly exemplars: readonly ReceivedExemplar[];
  readonly resource: OtlpAttributes;
  readonly scope: { readonly name: string; readonly version: string };
}

/** OTLP's number: 1 delta, 2 cumulative. */
type Temporality = number;

export type ReceivedPoint = ReceivedPointBase &
  (
    | { readonly type: 'gauge'; readonly value: number }
    | {
        readonly type: 'sum';
        readonly value: number;
        readonly monotonic: boolean;
        readonly temporality: Temporality;
      }
    | {
        readonly type: 'histogram';
        readonly count: number;
        readonly sum: number;
        readonly bounds: readonly number[];
        readonly bucketCounts: readonly number[];
        readonly temporality: Temporality;
      }
    | {
        readonly type: 'exponential_histogram';
        readonly count: number;
        readonly sum: number;
        readonly scale: number;
        readonly zeroCount: number;
        readonly zeroThreshold: number;
        readonly positive: { readonly offset: number; readonly bucketCounts: readonly number[] };
        readonly temporality: Temporality;
      }
  );

/** One request as it came over the wire, whatever was answered. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As sent, compressed or not. */
  readonly bodyBytes: number;
  /** Undefined when no answer was given (hang, close). */
  readonly answeredStatus: number | undefined;
  /** Spans or points that it carried. */
  readonly items: number;
}
