import type { LogFields, ParentContext, TickSpanContext } from '../api.js';
import {
  INVALID_SPAN_ID,
  INVALID_TRACE_ID,
  randomnessOf,
  spanIdOf,
  TRACE_FLAG_RANDOM,
  TRACE_FLAG_SAMPLED,
  traceIdOf,
} from '../ids.js';
import { C_MODE, MODE_FULL, MODE_SAMPLED } from '../memory/layout.js';
import { formatThreshold, loadThreshold } from '../sampling.js';
import { TraceState } from '../trace-state.js';
import type { Recorder } from './recorder.js';

export const INVALID_CONTEXT: TickSpanContext = Object.freeze({
  traceId: INVALID_TRACE_ID,
  spanId: INVALID_SPAN_ID,
  traceFlags: 0,
});

/** The context of a span of this thread, computed on demand. `parent`: the remote span that the tick continues. */
export function contextOf(
  recorder: Recorder,
  sequence: number,
  index: number,
  parent: ParentContext | undefined,
): TickSpanContext {
  const { key, lane } = recorder;
  const spanId = spanIdOf(key, lane, sequence, index);
  if (parent !== undefined) {
    const { traceId, traceFlags, traceState } = parent;
    if (traceState === undefined) return { traceId, spanId, traceFlags };
    return { traceId, spanId, traceFlags, traceState };
  }
  const traceId = traceIdOf(key, lane, sequence);
  const threshold = thresholdInForce(recorder);
  if (randomnessOf(key, lane, sequence) < threshold)
    return { traceId, spanId, traceFlags: TRACE_FLAG_RANDOM };
  const traceFlags = TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;
  return { traceId, spanId, traceFlags, traceState: thresholdTraceState(threshold) };
}

/** No randomness reaches it. */
const NOTHING_SAMPLED = 2 ** 32;

function thresholdInForce({ i32 }: Recorder): number {
  const mode = i32[C_MODE];
  if (mode === MODE_FULL) return 0;
  return mode === MODE_SAMPLED ? loadThreshold(i32) : NOTHING_SAMPLED;
}

let latestThreshold = -1;
let latestTraceState = TraceState.EMPTY;

/** `ot=th:…`, by which the next service decides consistently. Hardly ever a new one. */
function thresholdTraceState(threshold: number): TraceState {
  if (threshold !== latestThreshold) {
    latestThreshold = threshold;
    latestTraceState = TraceState.EMPTY.set('ot', `th:${formatThreshold(threshold)}`);
  }
  return latestTraceState;
}

/** What W3C has no meaning for is to be zero in what is sent on. */
const KNOWN_FLAGS = TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;

/** A remote parent as W3C Trace Context has it; undefined, counted, for anything else. Never throws. */
export function checkedParent(recorder: Recorder, given: unknown): ParentContext | undefined {
  const parent = validParent(given);
  if (parent === undefined) recorder.count('arguments_ignored');
  return parent;
}

function validParent(given: unknown): ParentContext | undefined {
  try {
    const { traceId, spanId, traceFlags, traceState } = given as ParentContext;
    const isValid =
      isId(traceId, 32) &&
      isId(spanId, 16) &&
      Number.isInteger(traceFlags) &&
      traceFlags >= 0 &&
      traceFlags <= 0xff;
    if (!isValid) return undefined;
    const entries = traceState === undefined ? undefined : TraceState.from(traceState);
    return { traceId, spanId, traceFlags: traceFlags & KNOWN_FLAGS, traceState: entries };
  } catch {
    return undefined;
  }
}

/** Lower-case hex, and not all zero. */
function isId(id: unknown, digits: number): boolean {
  return typeof id === 'string' && id.length === digits && /^[0-9a-f]*[1-9a-f][0-9a-f]*$/.test(id);
}

export function logFieldsOf(context: TickSpanContext): LogFields {
  // All zero is no span: every such line would seem to belong to one trace.
  if (context.traceId === INVALID_TRACE_ID) return {};
  return {
    trace_id: context.traceId,
    span_id: context.spanId,
    trace_flags: context.traceFlags.toString(16).padStart(2, '0'),
  };
}
