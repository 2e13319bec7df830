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

/** What few spans have. */
class Details {
  events: SpanEventData[] | undefined = undefined;
  links: SpanLinkData[] | undefined = undefined;
  droppedEvents = 0;
  droppedLinks = 0;
  statusMessage = '';
}

/** A span while it is open, as it is going to be written. Small: a bot makes one with every span. */
export class SpanDraft implements SpanData {
  readonly trace: LocalTrace;
  readonly scope: string;
  readonly kind: number;
  readonly sequence: number;
  readonly parent: ParentSpan;
  readonly start: SpanTime;
  name: string;
  end: SpanTime;
  statusCode = 0;
  attributes: AttributeList | undefined = undefined;
  #details: Details | undefined = undefined;

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

  /** For writing to. */
  get details(): Details {
    this.#details ??= new Details();
    return this.#details;
  }

  get events(): SpanEventData[] | undefined {
    return this.#details?.events;
  }

  get links(): SpanLinkData[] | undefined {
    return this.#details?.links;
  }

  get droppedEvents(): number {
    return this.#details?.droppedEvents ?? 0;
  }

  get droppedLinks(): number {
    return this.#details?.droppedLinks ?? 0;
  }

  get statusMessage(): string {
    return this.#details?.statusMessage ?? '';
  }

  /** Its id is computed from its sequence. */
  get spanId(): string {
    return '';
  }

  /** To be asked when the span ends. */
  get isAfterTick(): boolean {
    const { tick, tickSequence } = this.trace;
    return tick !== undefined && (tick.at < 0 || tick.currentSequence !== tickSequence);
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
