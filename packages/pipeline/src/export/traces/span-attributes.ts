/** Attributes and status of spans, as OpenTelemetry wants them. */
import { type Attributes, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { ApiAttributes, ApiValue, SpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeepReason } from '../../protocol.js';

const UNSET: SpanStatus = Object.freeze({ code: SpanStatusCode.UNSET });

/** The bot's own attributes first: where a name is taken, Tickscope's meaning stands. */
export function rootAttributes(tick: TickRecord, keptBy: readonly KeepReason[]): Attributes {
  const attributes = exportable(tick.attributes);
  if (tick.symbol !== undefined) attributes.symbol = tick.symbol;
  if (tick.loop !== undefined) attributes['tickscope.loop'] = tick.loop;
  attributes['tickscope.outcome'] = tick.outcome;
  attributes['tickscope.kept_by'] = [...keptBy];
  if (tick.deadlineMillis !== undefined) attributes['tickscope.deadline_ms'] = tick.deadlineMillis;
  attributes['tickscope.missed'] = tick.missed;
  if (tick.unfinished) attributes['tickscope.unfinished'] = true;
  if (tick.droppedRecords > 0) attributes['tickscope.dropped_records'] = tick.droppedRecords;
  return attributes;
}

/** A request's outcome under the name that it has as a label of its metric, as its record has `verb` and `api`. */
export function spanAttributes(span: SpanRecord): Attributes {
  const attributes = exportable(span.attributes);
  if (span.requestOutcome !== undefined) attributes.outcome = span.requestOutcome;
  if (span.unfinished) attributes['tickscope.unfinished'] = true;
  return attributes;
}

export function rootStatus(tick: TickRecord): SpanStatus {
  return tick.outcome === 'failed' || tick.error !== undefined ? errorStatus(tick.error) : UNSET;
}

/** A request that the venue did not carry out is an error of its span, whether or not anything was thrown. */
export function spanStatus(span: SpanRecord): SpanStatus {
  if (span.error !== undefined) return errorStatus(span.error);
  if (span.requestOutcome !== undefined && span.requestOutcome !== 'ok') {
    return errorStatus(span.requestOutcome);
  }
  return UNSET;
}

/**
 * OTLP's JSON has no spelling for a number that is not finite, and none that the stock exporter uses for an
 * integer of more than 64 bits: one such attribute would have the backend refuse the whole batch. They
 * are sent as strings.
 */
export function exportable(attributes: SpanRecord['attributes']): Attributes {
  let copy: Attributes | undefined;
  for (const key in attributes) {
    copy ??= {};
    const value = attributes[key];
    copy[key] = typeof value === 'number' ? exportableNumber(value) : value;
  }
  return copy ?? {};
}

/** The same of the API's values, maps and arrays throughout. They are the pipeline's own, and changed in place. */
export function exportableApi(attributes: ApiAttributes): Attributes {
  replaceNumbers(attributes as Record<string, ApiValue>);
  return attributes as Attributes;
}

function replaceNumbers(values: Record<string | number, ApiValue>): void {
  for (const key of Object.keys(values)) {
    const value = values[key];
    if (typeof value === 'number') {
      const replaced = exportableNumber(value);
      // Not assigned: a key may be called `__proto__`.
      if (replaced !== value) Object.defineProperty(values, key, { value: replaced });
    } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      replaceNumbers(value as Record<string | number, ApiValue>);
    }
  }
}

function exportableNumber(value: number): number | string {
  const isUnknown = !Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) >= 2 ** 63);
  return isUnknown ? String(value) : value;
}

/** Something may be thrown without a message. */
function errorStatus(message: string | undefined): SpanStatus {
  return message ? { code: SpanStatusCode.ERROR, message } : { code: SpanStatusCode.ERROR };
}
