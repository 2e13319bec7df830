/**
 * Plain records: what the pipeline's stages see of the recorder's shared memory once it has been decoded.
 * Times are `performance.now()` milliseconds of the process unless a name says otherwise.
 */
import type { BucketFamily } from './catalogue/buckets.js';
import type { RequestOutcome, TickOutcome } from './outcomes.js';

export type AttributeValue = string | number | boolean;

/** A guard trip is the event `guard_trip` with the attribute `reason`. */
export interface EventRecord {
  readonly name: string;
  readonly timeMillis: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface SpanRecord {
  readonly kind: 'stage' | 'wait' | 'request' | 'operation' | 'query';
  /**
   * Of a request `<verb> <api>`, of a query `<operation> <table>`, which are in `attributes` too; of the
   * others what the bot calls them.
   */
  readonly name: string;
  /**
   * Index within the tick, 1…; the root is 0. Span ids are computed from it. A span that had no tick is the
   * root of a trace of its own: index 0.
   */
  readonly index: number;
  /** Index of the parent span within the tick; 0 is the root. */
  readonly parentIndex: number;
  readonly startMillis: number;
  /** The tick's end (or the time of reading) where `unfinished`. */
  readonly endMillis: number;
  readonly unfinished: boolean;
  /** The message of what was thrown, when the span failed. */
  readonly error: string | undefined;
  readonly requestOutcome: RequestOutcome | undefined;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface RemoteParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState: string | undefined;
}

/** One whole tick. Everything that is needed to decide about it, to export it and to show it. */
export interface TickRecord {
  readonly lane: number;
  /** Per lane, from 1. */
  readonly sequence: number;
  /** 32 hex digits. */
  readonly traceId: string;
  /** Span id by span index, 16 hex digits. */
  readonly spanId: (index: number) => string;
  readonly remoteParent: RemoteParent | undefined;
  /** Undefined for the default loop. */
  readonly loop: string | undefined;
  readonly symbol: string | undefined;
  readonly startMillis: number;
  readonly beginMillis: number;
  readonly endMillis: number;
  readonly deadlineMillis: number | undefined;
  readonly outcome: TickOutcome;
  readonly missed: boolean;
  /** The tick had not ended when it was read (exit flush, stuck tick). */
  readonly unfinished: boolean;
  /** Guard reasons in call order, one entry per call that fitted the frame. */
  readonly guardReasons: readonly string[];
  readonly guardTripCount: number;
  readonly error: string | undefined;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly EventRecord[];
  /** In order of start; parents before children. */
  readonly spans: readonly SpanRecord[];
  /** Spans, events and attributes that a per-tick limit dropped. */
  readonly droppedRecords: number;
  /** Wall clock of `performance.now() === 0` in integer nanoseconds, one anchor for the whole trace. */
  readonly originUnixNanos: bigint;
  /** The ratio decision, made first and independently of everything else. */
  readonly sampledByRatio: boolean;
  /**
   * Threshold in force for this tick, u32: a tick is sampled when its 32 random bits are >= it. Undefined:
   * another tracer's sampler decided and did not say by what ratio.
   */
  readonly samplingThreshold: number | undefined;
}

/** A span that ended after its tick did (a request that outlived it) or had no tick. */
export interface LateSpanRecord {
  /** Without a tick: a trace of its own, whose root it is (index 0). */
  readonly isStandalone: boolean;
  readonly lane: number;
  readonly sequence: number;
  readonly traceId: string;
  readonly spanId: (index: number) => string;
  /** Of the tick that it outlived. */
  readonly remoteParent: RemoteParent | undefined;
  readonly sampledByRatio: boolean;
  readonly samplingThreshold: number;
  readonly originUnixNanos: bigint;
  readonly span: SpanRecord;
}

/** `performance.now()` milliseconds, or the wall clock's seconds and nanoseconds where the caller gave those. */
export type ApiSpanTime = number | readonly [seconds: number, nanos: number];

export type ApiValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly ApiValue[]
  | { readonly [key: string]: ApiValue };

export type ApiAttributes = Readonly<Record<string, ApiValue>>;

export interface ApiScope {
  readonly name: string;
  /** Empty: none; so is the next. */
  readonly version: string;
  readonly schemaUrl: string;
}

export interface ApiEventRecord {
  readonly name: string;
  readonly time: ApiSpanTime;
  readonly attributes: ApiAttributes;
  readonly droppedAttributes: number;
}

export interface ApiLinkRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote: boolean;
  readonly traceState: string;
  readonly attributes: ApiAttributes;
  readonly droppedAttributes: number;
}

/** A span that was made through OpenTelemetry's API, or what was added through it to a span of a tick. */
export interface ApiSpanRecord {
  readonly lane: number;
  readonly name: string;
  readonly scope: ApiScope;
  /** OpenTelemetry's SpanKind, 0…4. */
  readonly kind: number;
  readonly traceFlags: number;
  /** 32 hex digits; empty: its tick's. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: none. */
  readonly parentSpanId: string;
  readonly parentIsRemote: boolean;
  /** Within the tick, where the parent is one of its own spans; of a supplement, the span that it adds to. */
  readonly parentIndex: number;
  /** The tick that it belongs to and is decided with; 0: none, and it is sampled. */
  readonly tickSequence: number;
  /** By which it was sampled here, u32; undefined: `traceState` says what there is to say. */
  readonly threshold: number | undefined;
  /** W3C tracestate; empty: none. */
  readonly traceState: string;
  /** Wall clock of `performance.now() === 0`, one for each trace. */
  readonly originUnixNanos: bigint;
  readonly start: ApiSpanTime;
  readonly end: ApiSpanTime;
  /** OpenTelemetry's SpanStatusCode, 0…2. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly attributes: ApiAttributes;
  readonly links: readonly ApiLinkRecord[];
  readonly events: readonly ApiEventRecord[];
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
}

interface SeriesIdentity {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface HistogramSnapshot extends SeriesIdentity {
  readonly type: 'histogram';
  readonly family: BucketFamily;
  /** Counts per cell, see `memory/histogram.ts`. A copy: it does not change. */
  readonly cells: Float64Array;
  /** Milliseconds. */
  readonly sum: number;
  readonly max: number;
}

export interface ValueSnapshot extends SeriesIdentity {
  readonly type: 'counter' | 'gauge';
  readonly value: number;
}

/** One series read from the cells of every lane, summed. */
export type SeriesSnapshot = HistogramSnapshot | ValueSnapshot;
