/** What a tick's spans, its own and those of the API within it, have in common as members of its trace. */
import { TraceFlags, type TraceState } from '@opentelemetry/api';
import type { TickTrace } from '../../kept-tick.js';
import { continuedTraceState, thresholdTraceState } from './trace-state.js';

/** W3C trace context level 2: the trace id's lower 56 bits are random. */
const RANDOM_FLAG = 0x02;

/** Whether a continued trace's id is random is known to its maker alone. */
export function traceFlagsOf({ remoteParent }: Pick<TickTrace, 'remoteParent'>): number {
  const random = remoteParent === undefined ? RANDOM_FLAG : remoteParent.traceFlags & RANDOM_FLAG;
  return TraceFlags.SAMPLED | random;
}

export function traceStateOf(
  tick: Pick<TickTrace, 'remoteParent' | 'sampledByRatio' | 'samplingThreshold'>,
): TraceState | undefined {
  if (tick.remoteParent !== undefined) return continuedTraceState(tick.remoteParent, tick.sampledByRatio);
  if (!tick.sampledByRatio || tick.samplingThreshold === undefined) return undefined;
  return thresholdTraceState(tick.samplingThreshold);
}
