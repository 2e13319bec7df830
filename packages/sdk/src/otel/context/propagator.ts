import {
  type Context,
  createContextKey,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { TraceState } from '@tickscope/core/internal';
import type { PropagatorName } from '../../config/propagation.js';
import { formatBaggage, parseBaggage } from './baggage.js';
import { destinationOf, isAllowed } from './destination.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

/** OpenTelemetry's SDKs set it around their own requests. Keys of one description are one key. */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

const FIELDS: Readonly<Record<PropagatorName, readonly string[]>> = {
  tracecontext: ['traceparent', 'tracestate'],
  baggage: ['baggage'],
};

/**
 * W3C Trace Context and W3C Baggage. Never throws. It reads whatever arrives; it writes only what may leave:
 * `inject` is called for every outgoing request by libraries that instrument HTTP clients, and a venue is not
 * to learn of it.
 */
export class W3cPropagator implements TextMapPropagator {
  readonly #names: readonly PropagatorName[];
  readonly #destinations: readonly string[];

  /** @param destinations see `isAllowed`. */
  constructor(names: readonly PropagatorName[], destinations: readonly string[]) {
    this.#names = names;
    this.#destinations = destinations;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      if (this.#destinations.length === 0 || !isAllowed(this.#destinations, destinationOf(context))) return;
      for (const name of this.#names)
        write(name, context, (field, value) => setter.set(carrier, field, value));
    } catch {
      // A carrier that cannot be written is its owner's trouble; the request goes on.
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = context;
    for (const name of this.#names) {
      try {
        extracted = read(name, extracted, (field) => getter.get(carrier, field));
      } catch {
        // What cannot be read says nothing.
      }
    }
    return extracted;
  }

  fields(): string[] {
    return this.#names.flatMap((name) => FIELDS[name]);
  }
}

type Write = (field: string, value: string) => void;
type Read = (field: string) => string | readonly string[] | undefined;

/** Writes the fields of one format that the context has values for. */
export function write(name: PropagatorName, context: Context, set: Write): void {
  if (name === 'baggage') {
    const baggage = propagation.getBaggage(context);
    const text = baggage && formatBaggage(baggage);
    if (text !== undefined) set('baggage', text);
    return;
  }
  const span = context.getValue(SUPPRESSED) === true ? undefined : trace.getSpanContext(context);
  const traceparent = span && formatTraceparent(span);
  if (span === undefined || traceparent === undefined) return;
  set('traceparent', traceparent);
  const traceState = span.traceState && TraceState.from(span.traceState);
  if (traceState) set('tracestate', traceState.serialize());
}

/** The context with what the fields of one format say; as it was where they say nothing valid. */
export function read(name: PropagatorName, context: Context, get: Read): Context {
  if (name === 'baggage') {
    const baggage = parseBaggage(combined(get('baggage')));
    return baggage === undefined ? context : propagation.setBaggage(context, baggage);
  }
  // Two traceparents are none: joined, they do not parse.
  const parent = parseTraceparent(combined(get('traceparent')));
  if (parent === undefined) return context;
  const traceState = TraceState.parse(combined(get('tracestate')));
  return trace.setSpanContext(context, traceState === undefined ? parent : { ...parent, traceState });
}

/** A field that came several times, as HTTP combines it. */
function combined(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : value;
  return typeof text === 'string' ? text : '';
}
