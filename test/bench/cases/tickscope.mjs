import { register } from '../../../packages/sdk/dist/index.js';
import { createStyles } from './tickscope-styles.mjs';
import { GUARD_REASON, STAGES } from './workload.mjs';

/**
 * Tickscope as a bot sets it up. The product is loaded by path, as it was built, so that nothing of this folder's
 * node_modules reaches it.
 */
export function create({ style, mode, ratio = 0.2, endpoint, server = false, ring }) {
  const scope = register({
    service: 'bench',
    stages: STAGES,
    guardReasons: [GUARD_REASON],
    deadlineMs: 200,
    sampleRatio: ratio,
    prometheus: server ? { host: '127.0.0.1', port: 0 } : false,
    ...(mode === undefined ? {} : { mode }),
    ...(endpoint === undefined ? {} : { otlp: { endpoint } }),
    ...(ring === undefined ? {} : { ring }),
  });
  return { tick: createStyles(scope)[style], scope };
}
