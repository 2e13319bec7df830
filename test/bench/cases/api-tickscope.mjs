import { trace } from '@opentelemetry/api';
import { register } from '../../../packages/sdk/dist/index.js';
import { createApiTicks } from './api-spans.mjs';

/** The same with the one line that changes. */
export function create({ style, ratio }) {
  register({ service: 'bench', sampleRatio: ratio, prometheus: false });
  return { tick: createApiTicks(trace.getTracer('bench'))[style] };
}
