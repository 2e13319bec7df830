/**
 * The `ot` entry of the W3C tracestate: OpenTelemetry's own `key:value;key:value` list within the list of
 * vendors. https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 */
import { createTraceState, type TraceState } from '@opentelemetry/api';

const KEY = 'ot';
/** W3C's limit on the value of one entry. */
const MAX_VALUE_LENGTH = 256;

/**
 * The tracestate with `th` set to this threshold, or without it; every other field of `ot` and every other
 * vendor's entry stays. Fields that would make `ot` too long are left out, `rv` last of all.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const fields = fieldsOf(traceState).filter(([key]) => key !== 'th');
  if (threshold !== undefined) fields.unshift(['th', threshold]);
  if (fields.length === 0) {
    return traceState?.get(KEY) === undefined ? traceState : traceState.unset(KEY);
  }
  return (traceState ?? createTraceState()).set(KEY, joined(fields));
}

/** The rejection threshold, up to 14 hex digits; undefined when there is none that is valid. */
export function thresholdIn(traceState: TraceState | undefined): string | undefined {
  const threshold = fieldsOf(traceState).find(([key]) => key === 'th')?.[1];
  return threshold !== undefined && /^[0-9a-f]{1,14}$/.test(threshold) ? threshold : undefined;
}

/** The explicit randomness of the trace, 14 hex digits; undefined when the trace id is the randomness. */
export function randomnessIn(traceState: TraceState | undefined): string | undefined {
  const randomness = fieldsOf(traceState).find(([key]) => key === 'rv')?.[1];
  return randomness !== undefined && /^[0-9a-f]{14}$/.test(randomness) ? randomness : undefined;
}

type Field = readonly [key: string, value: string];

function fieldsOf(traceState: TraceState | undefined): Field[] {
  const fields: Field[] = [];
  for (const field of (traceState?.get(KEY) ?? '').split(';')) {
    const separator = field.indexOf(':');
    if (separator > 0) fields.push([field.slice(0, separator), field.slice(separator + 1)]);
  }
  return fields;
}

function joined(fields: readonly Field[]): string {
  const kept = [...fields];
  const text = () => kept.map(([key, value]) => `${key}:${value}`).join(';');
  while (text().length > MAX_VALUE_LENGTH) {
    const droppable = kept.findLastIndex(([key]) => key !== 'th' && key !== 'rv');
    kept.splice(droppable < 0 ? kept.length - 1 : droppable, 1);
  }
  return text();
}
