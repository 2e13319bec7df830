/** One measurement with the trace that explains it. */
import type { HrTime } from '@opentelemetry/api';

export interface Exemplar {
  /** In the metric's unit; 1 for a count. */
  readonly value: number;
  /** When it was measured, wall clock. */
  readonly time: HrTime;
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
}

/** Of OpenMetrics 1.0, for names and values of an exemplar's labels together. */
export const MAX_LABEL_SET_CHARACTERS = 128;

/** Labels as Prometheus' ecosystem spells them, Grafana's links to traces included. */
export function exemplarLabels({ traceId, spanId }: Exemplar): readonly (readonly [string, string])[] {
  return [
    ['trace_id', traceId],
    ['span_id', spanId],
  ];
}
