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
import { loadThreshold } from '../sampling.js';
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
  if (parent !== undefined) return { traceId: parent.traceId, spanId, traceFlags: parent.traceFlags };
  const sampled = isSampledByRatio(recorder, sequence) ? TRACE_FLAG_SAMPLED : 0;
  return { traceId: traceIdOf(key, lane, sequence), spanId, traceFlags: sampled | TRACE_FLAG_RANDOM };
}

/** A remote parent as W3C Trace Context has it; undefined for anything else. Never throws. */
export function validParent(given: unknown): ParentContext | undefined {
  try {
    const { traceId, spanId, traceFlags } = given as ParentContext;
    const isValid =
      isId(traceId, 32) &&
      isId(spanId, 16) &&
      Number.isInteger(traceFlags) &&
      traceFlags >= 0 &&
      traceFlags <= 0xff;
    return isValid ? { traceId, spanId, traceFlags } : undefined;
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

function isSampledByRatio({ i32, key, lane }: Recorder, sequence: number): boolean {
  const mode = i32[C_MODE];
  if (mode === MODE_FULL) return true;
  return mode === MODE_SAMPLED && randomnessOf(key, lane, sequence) >= loadThreshold(i32);
}
