/** A finished span of OpenTelemetry's API, as the encoder takes it: plain data, which runs no code of the bot's. */
import type { AttributeList } from './attribute-list.js';

/** `performance.now()` milliseconds, or the wall clock's seconds and nanoseconds where the caller gave those. */
export type SpanTime = number | readonly [seconds: number, nanos: number];

export interface SpanEventData {
  readonly name: string;
  readonly time: SpanTime;
  readonly attributes: AttributeList | undefined;
}

export interface SpanLinkData {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16. */
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote: boolean;
  /** W3C tracestate; empty: none. */
  readonly traceState: string;
  readonly attributes: AttributeList | undefined;
}

/**
 * Ids are numbers where they are Tickscope's own: the worker computes them from sequences, and the trading
 * thread only when somebody asks. Ids made elsewhere are hex.
 */
export interface SpanData {
  readonly name: string;
  /** Of the span texts: `name \0 version \0 schema URL`. */
  readonly scope: string;
  /** OpenTelemetry's SpanKind, 0…4. */
  readonly kind: number;
  readonly traceFlags: number;
  /** The span's own sequence, from `takeSequence`; its id is written out instead where it is 0. */
  readonly sequence: number;
  /** 16 hex digits where `sequence` is 0. */
  readonly spanId: string;
  /** Sequence of the span that began the trace; 0: `traceId` is written out. */
  readonly traceSequence: number;
  /** 32 hex digits where `traceSequence` is 0 and the span is in no tick. */
  readonly traceId: string;
  /** Sequence and index of the parent; 0: `parentSpanId`. */
  readonly parentSequence: number;
  readonly parentIndex: number;
  /** 16 hex digits; empty: none. */
  readonly parentSpanId: string;
  readonly parentIsRemote: boolean;
  /** Sequence of the tick that the span belongs to and is decided with; 0: none, and the span is sampled. */
  readonly tickSequence: number;
  /** That tick had ended before the span did. */
  readonly isAfterTick: boolean;
  /** The threshold by which the trace was sampled here, 0…2^32; negative: `traceState` says what there is to say. */
  readonly threshold: number;
  /** W3C tracestate; empty: none. */
  readonly traceState: string;
  /** Wall clock of `performance.now() === 0` in microseconds since 1970: one for each trace. */
  readonly originUnixMicros: number;
  readonly start: SpanTime;
  readonly end: SpanTime;
  /** OpenTelemetry's SpanStatusCode, 0…2. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly attributes: AttributeList | undefined;
  readonly events: readonly SpanEventData[] | undefined;
  readonly links: readonly SpanLinkData[] | undefined;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
}
