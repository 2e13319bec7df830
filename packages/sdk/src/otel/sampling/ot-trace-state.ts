/**
 * The `ot` member of the W3C tracestate: OpenTelemetry's own `key:value;key:value` list within the list of
 * vendors. https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 *
 * Of it only `th` is ever written; every other field stays as it came, known to us or not, well-formed or not,
 * and so does every other vendor's member.
 */
import { createTraceState, type TraceState } from '@opentelemetry/api';

const KEY = 'ot';
/** W3C's limits on the value of one member, and on the members of a list. */
const MAX_VALUE_LENGTH = 256;
const MAX_MEMBERS = 32;

/**
 * The tracestate with `th` set to this threshold, or without it. Fields that would make `ot` too long are left
 * out, the last ones first and `rv` last of all; a 33rd vendor makes room for a new `ot`.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  try {
    const fields = fieldsOf(traceState);
    const kept = fields.filter((field) => !field.startsWith('th:'));
    if (threshold === undefined && kept.length === fields.length) return traceState;
    if (threshold !== undefined) kept.unshift(`th:${threshold}`);
    if (kept.length === 0) return traceState?.unset(KEY);
    const state = traceState ?? createTraceState();
    return (fields.length === 0 ? withRoom(state) : state).set(KEY, joined(kept));
  } catch {
    // Not a TraceState, whatever its type says: nothing in it can be changed.
    return traceState;
  }
}

/** The rejection threshold, 1 to 14 hex digits; undefined when there is none that is valid. */
export function thresholdIn(traceState: TraceState | undefined): string | undefined {
  const threshold = fieldIn(traceState, 'th:');
  return threshold !== undefined && /^[0-9a-f]{1,14}$/.test(threshold) ? threshold : undefined;
}

/**
 * The threshold by which the trace was chosen, and by which it may be counted for 2^56 / (2^56 − th) of its kind;
 * undefined when there is none to go by: the trace is not sampled, or its randomness is below the threshold, so
 * that it was sampled for a reason that is not the ratio.
 */
export function reliableThreshold(trace: {
  readonly traceId: string;
  readonly traceFlags: number;
  readonly traceState?: TraceState | undefined;
}): string | undefined {
  const threshold = (trace.traceFlags & 1) === 1 ? thresholdIn(trace.traceState) : undefined;
  if (threshold === undefined) return undefined;
  const randomness = randomnessIn(trace.traceState) ?? trace.traceId.slice(18).toLowerCase();
  // Digits that are left out are zeros, so that as texts the two compare as the numbers do.
  return randomness >= threshold ? threshold : undefined;
}

/** The explicit randomness of the trace, 14 hex digits; undefined when the trace id is the randomness. */
export function randomnessIn(traceState: TraceState | undefined): string | undefined {
  const randomness = fieldIn(traceState, 'rv:');
  return randomness !== undefined && /^[0-9a-f]{14}$/.test(randomness) ? randomness : undefined;
}

function fieldIn(traceState: TraceState | undefined, prefix: string): string | undefined {
  if (traceState === undefined) return undefined;
  try {
    return fieldsOf(traceState)
      .find((field) => field.startsWith(prefix))
      ?.slice(prefix.length);
  } catch {
    return undefined;
  }
}

function fieldsOf(traceState: TraceState | undefined): string[] {
  const value = traceState?.get(KEY);
  return value === undefined ? [] : value.split(';').filter((field) => field !== '');
}

/** W3C: a list that is full loses its last member, the one that was changed longest ago. */
function withRoom(traceState: TraceState): TraceState {
  const members = traceState.serialize().split(',');
  if (members.length < MAX_MEMBERS) return traceState;
  const last = members[members.length - 1];
  return traceState.unset(last.slice(0, last.indexOf('=')));
}

function joined(fields: readonly string[]): string {
  const kept = [...fields];
  const text = () => kept.join(';');
  while (text().length > MAX_VALUE_LENGTH) {
    const droppable = kept.findLastIndex((field) => !field.startsWith('th:') && !field.startsWith('rv:'));
    kept.splice(droppable < 0 ? kept.length - 1 : droppable, 1);
  }
  return text();
}
