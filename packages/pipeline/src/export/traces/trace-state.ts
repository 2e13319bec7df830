/**
 * The trace's `tracestate`: OpenTelemetry's consistent probability sampling, `ot=th:<rejection threshold>`.
 *
 * The threshold T is 56 bits in hexadecimal without trailing zeros; a trace stands for 2^56 / (2^56 − T)
 * of its kind. Backends extrapolate by it, so it must be there exactly if the ratio chose the tick: a tick
 * that was only kept for a reason of its own stands for itself alone and has no threshold.
 * https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
import { createTraceState, type TraceState } from '@opentelemetry/api';
import { formatThreshold, type RemoteParent } from '@tickscope/core/internal';

let latestThreshold = -1;
let latestTraceState: TraceState | undefined;

/** @param samplingThreshold the upper 32 of the threshold's 56 bits; the lower ones are zero. */
export function thresholdTraceState(samplingThreshold: number): TraceState {
  if (latestTraceState === undefined || samplingThreshold !== latestThreshold) {
    latestThreshold = samplingThreshold;
    latestTraceState = createTraceState(`ot=th:${formatThreshold(samplingThreshold)}`);
  }
  return latestTraceState;
}

/**
 * The remote parent's entries, its threshold included when its decision was to sample. A tick that is kept
 * against the parent's decision must not carry the parent's threshold on.
 */
export function continuedTraceState(parent: RemoteParent, sampledByRatio: boolean): TraceState | undefined {
  if (parent.traceState === undefined || parent.traceState === '') return undefined;
  const traceState = createTraceState(parent.traceState);
  const ot = traceState.get('ot');
  if (sampledByRatio || ot === undefined) return traceState;
  const rest = ot.split(';').filter((field) => !field.startsWith('th:'));
  return rest.length > 0 ? traceState.set('ot', rest.join(';')) : traceState.unset('ot');
}
