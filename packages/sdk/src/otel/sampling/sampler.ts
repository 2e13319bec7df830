/** OpenTelemetry's interface of a sampler, structurally, so that those of the 2.x and of the 3.x line fit. */
import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';

/** OpenTelemetry's decisions; the numbers are part of its interface, in 2.x as in 3.x. */
export const NOT_RECORD = 0;
export const RECORD = 1;
export const RECORD_AND_SAMPLED = 2;

/** What `shouldSample` answers: OpenTelemetry's SamplingResult. */
export interface SamplingAnswer {
  /** 0: neither recorded nor sampled; 1: recorded, for span processors alone; 2: recorded and sampled. */
  readonly decision: 0 | 1 | 2;
  readonly attributes?: Readonly<Attributes>;
  /** Undefined: that of the parent. */
  readonly traceState?: TraceState;
}

/** A sampler of OpenTelemetry, of either line. */
export interface SamplerLike {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): {
    readonly decision: number;
    readonly attributes?: Readonly<Attributes>;
    readonly traceState?: TraceState;
  };
  toString(): string;
}

export function answer(decision: 0 | 1 | 2, traceState: TraceState | undefined): SamplingAnswer {
  return traceState === undefined ? { decision } : { decision, traceState };
}

export function isSampler(value: unknown): value is SamplerLike {
  return typeof (value as Partial<SamplerLike> | null | undefined)?.shouldSample === 'function';
}
