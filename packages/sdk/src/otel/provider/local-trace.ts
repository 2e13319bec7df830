import { createTraceState, type SpanContext, type TraceState } from '@opentelemetry/api';
import { formatThreshold, spanIdOf, type TickHandle, traceIdOf } from '@tickscope/core/internal';
import type { SpanRecorder } from './span-recorder.js';

const SAMPLED = 1;
/** W3C Trace Context level 2: the trace id's lower 56 bits are random. */
const RANDOM = 2;
export const NO_THRESHOLD = -1;

/** What the spans of one trace that are made on this thread have in common. Ids are computed when somebody asks. */
export class LocalTrace {
  /** Of the span that began the trace; 0: the trace came from elsewhere, or is a tick's. */
  readonly sequence: number;
  /** 32 hex digits of a trace from elsewhere. */
  readonly givenTraceId: string;
  readonly tick: TickHandle | undefined;
  /** 0: no tick. */
  readonly tickSequence: number;
  readonly traceFlags: number;
  /** By which the trace was sampled here; negative: not decided here, or not sampled. */
  readonly threshold: number;
  readonly givenTraceState: TraceState | undefined;
  readonly originUnixMicros: number;

  private constructor(
    sequence: number,
    givenTraceId: string,
    tick: TickHandle | undefined,
    tickSequence: number,
    traceFlags: number,
    threshold: number,
    givenTraceState: TraceState | undefined,
    originUnixMicros: number,
  ) {
    this.sequence = sequence;
    this.givenTraceId = givenTraceId;
    this.tick = tick;
    this.tickSequence = tickSequence;
    this.traceFlags = traceFlags;
    this.threshold = threshold;
    this.givenTraceState = givenTraceState;
    this.originUnixMicros = originUnixMicros;
  }

  /** Begun here. @param threshold negative: not sampled. */
  static begun(sequence: number, threshold: number, originUnixMicros: number): LocalTrace {
    const flags = threshold < 0 ? RANDOM : SAMPLED | RANDOM;
    return new LocalTrace(sequence, '', undefined, 0, flags, threshold, undefined, originUnixMicros);
  }

  /** Of a span that another tracer, or another process, made. */
  static continued(parent: SpanContext, originUnixMicros: number): LocalTrace {
    const { traceId, traceFlags, traceState } = parent;
    const flags = traceFlags & 0xff;
    return new LocalTrace(0, traceId, undefined, 0, flags, NO_THRESHOLD, traceState, originUnixMicros);
  }

  static ofTick(tick: TickHandle, sequence: number, originUnixMicros: number): LocalTrace {
    return new LocalTrace(0, '', tick, sequence, SAMPLED, NO_THRESHOLD, undefined, originUnixMicros);
  }

  get isSampled(): boolean {
    return (this.traceFlags & SAMPLED) !== 0;
  }

  /** W3C tracestate of a trace from elsewhere; empty: none. */
  get traceStateText(): string {
    return this.givenTraceState?.serialize() ?? '';
  }

  /** The context of a span of this trace. @param sequence the span's own. */
  contextOf({ recorder }: SpanRecorder, sequence: number): SpanContext {
    const { key, lane } = recorder;
    const spanId = spanIdOf(key, lane, sequence, 0);
    if (this.tick !== undefined) return { ...this.tick.spanContext(), spanId };
    const traceId = this.sequence > 0 ? traceIdOf(key, lane, this.sequence) : this.givenTraceId;
    const traceState = this.threshold < 0 ? this.givenTraceState : thresholdTraceState(this.threshold);
    const { traceFlags } = this;
    return traceState === undefined
      ? { traceId, spanId, traceFlags }
      : { traceId, spanId, traceFlags, traceState };
  }
}

let latestThreshold = -1;
let latestTraceState: TraceState | undefined;

/** `ot=th:…`; hardly ever a new one. */
function thresholdTraceState(threshold: number): TraceState {
  if (latestTraceState === undefined || threshold !== latestThreshold) {
    latestThreshold = threshold;
    latestTraceState = createTraceState(`ot=th:${formatThreshold(threshold)}`);
  }
  return latestTraceState;
}
