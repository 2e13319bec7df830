import type {
  AttributeList,
  SpanData,
  SpanEventData,
  SpanLinkData,
  SpanTime,
} from '@tickscope/core/internal';
import type { LocalTrace } from './local-trace.js';

/** The parent of a span: sequence and index where it is Tickscope's own, else its id. */
export interface ParentSpan {
  /** 0: see `spanId`. */
  readonly sequence: number;
  readonly index: number;
  /** 16 hex digits; empty: none. */
  readonly spanId: string;
  readonly isRemote: boolean;
}

export const NO_PARENT: ParentSpan = { sequence: 0, index: 0, spanId: '', isRemote: false };

/** A span while it is open, as it is going to be written. */
export class SpanDraft implements SpanData {
  readonly trace: LocalTrace;
  readonly scope: string;
  readonly kind: number;
  readonly sequence: number;
  readonly spanId = '';
  readonly parent: ParentSpan;
  readonly start: SpanTime;
  name: string;
  end: SpanTime;
  statusCode = 0;
  statusMessage = '';
  attributes: AttributeList | undefined = undefined;
  events: SpanEventData[] | undefined = undefined;
  links: SpanLinkData[] | undefined = undefined;
  droppedEvents = 0;
  droppedLinks = 0;
  isAfterTick = false;

  constructor(
    trace: LocalTrace,
    parent: ParentSpan,
    sequence: number,
    scope: string,
    name: string,
    kind: number,
    start: SpanTime,
  ) {
    this.trace = trace;
    this.parent = parent;
    this.sequence = sequence;
    this.scope = scope;
    this.name = name;
    this.kind = kind;
    this.start = start;
    this.end = start;
  }

  get traceFlags(): number {
    return this.trace.traceFlags;
  }

  get traceSequence(): number {
    return this.trace.sequence;
  }

  get traceId(): string {
    return this.trace.givenTraceId;
  }

  get tickSequence(): number {
    return this.trace.tickSequence;
  }

  get threshold(): number {
    return this.trace.threshold;
  }

  get traceState(): string {
    return this.trace.givenTraceState === undefined ? '' : this.trace.traceStateText;
  }

  get originUnixMicros(): number {
    return this.trace.originUnixMicros;
  }

  get parentSequence(): number {
    return this.parent.sequence;
  }

  get parentIndex(): number {
    return this.parent.index;
  }

  get parentSpanId(): string {
    return this.parent.spanId;
  }

  get parentIsRemote(): boolean {
    return this.parent.isRemote;
  }
}
