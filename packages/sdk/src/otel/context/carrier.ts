/** The context in forms that leave the thread: asked for by the bot, one by one, and given only then. */
import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { ParentContext, TickSpanContext } from '@tickscope/core';
import { read, write } from './propagator.js';

const FORMATS = ['tracecontext', 'baggage'] as const;

/** Anything that has a span's context: a tick, a stage, a request, an OpenTelemetry span. */
export interface SpanContextSource {
  spanContext(): TickSpanContext;
}

/**
 * `traceparent`, `tracestate` and `baggage` as W3C has them, each where there is one: headers of a request to
 * a service of your own, or a plain object for `workerData`, `postMessage` and queues. Nothing is sent by itself.
 *
 * @param span whose context it is; default: what is ambient. The baggage is always the ambient one.
 * @returns `{}` where nothing is ambient, and while telemetry is off. Never throws.
 */
export function traceHeaders(span?: SpanContextSource): Record<string, string> {
  const headers: Record<string, string> = {};
  try {
    const from = contextOf(span);
    for (const format of FORMATS) {
      write(format, from, (field, value) => {
        headers[field] = value;
      });
    }
  } catch {
    // A source that throws gives nothing.
  }
  return headers;
}

/**
 * The same as `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, for the environment of a child process:
 * `spawn(command, { env: { ...process.env, ...traceEnvironment() } })`. What there is none of is undefined, so
 * that the child does not inherit it from this process's own parent.
 * https://opentelemetry.io/docs/specs/otel/context/env-carriers/
 */
export function traceEnvironment(
  span?: SpanContextSource,
): Record<'TRACEPARENT' | 'TRACESTATE' | 'BAGGAGE', string | undefined> {
  const { traceparent, tracestate, baggage } = traceHeaders(span);
  return { TRACEPARENT: traceparent, TRACESTATE: tracestate, BAGGAGE: baggage };
}

/**
 * What a carrier holds, as an OpenTelemetry context on top of the root context: `context.with(remoteContext(c), fn)`.
 *
 * @param carrier an object of header names, in any case, and values: `request.headers`, what `traceHeaders()`
 * gave, or `process.env`; or `Headers`. What it holds that is invalid is left out. Never throws.
 */
export function remoteContext(carrier: unknown): Context {
  let extracted = ROOT_CONTEXT;
  for (const format of FORMATS) {
    try {
      extracted = read(format, extracted, (field) => fieldOf(carrier, field));
    } catch {
      // What cannot be read says nothing.
    }
  }
  return extracted;
}

/** The span in a carrier (see `remoteContext`), for `begin({ parent })` and `tick({ parent }, fn)`; undefined if none. */
export function remoteParent(carrier: unknown): ParentContext | undefined {
  return trace.getSpanContext(remoteContext(carrier));
}

function contextOf(span: SpanContextSource | undefined): Context {
  const active = context.active();
  return span === undefined ? active : trace.setSpanContext(active, span.spanContext());
}

function fieldOf(carrier: unknown, field: string): string | readonly string[] | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  if (carrier instanceof Headers) return carrier.get(field) ?? undefined;
  const values = carrier as Readonly<Record<string, string | readonly string[] | undefined>>;
  const exact = values[field] ?? values[field.toUpperCase()];
  if (exact !== undefined) return exact;
  return Object.entries(values).find(([name]) => name.toLowerCase() === field)?.[1];
}
