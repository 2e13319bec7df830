import { register } from '../../../packages/sdk/dist/index.js';
import { GUARD_REASON, STAGES, symbolOf, tripsGuard } from './workload.mjs';

/**
 * Tickscope as a bot sets it up. The product is loaded by path, as it was built, so that nothing of this folder's
 * node_modules reaches it.
 *
 * Styles: `lap`, `startEnd`, `callback` (AsyncLocalStorage per tick), `awaited` (callback with awaited stages).
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
  const tick = { lap: lapTick, startEnd: startEndTick, callback: callbackTick, awaited: awaitedTick }[style];
  return { tick, scope };

  function lapTick(index) {
    const tick = scope.begin({ symbol: symbolOf(index) });
    tick.lap('fetch_md');
    tick.lap('spread');
    tick.lap('guards');
    if (tripsGuard(index)) tick.guardTrip(GUARD_REASON);
    tick.lap('emit');
    tick.end();
  }

  function startEndTick(index) {
    const tick = scope.begin({ symbol: symbolOf(index) });
    const fetch = tick.start('fetch_md');
    fetch.end();
    const spread = tick.start('spread');
    spread.end();
    const guards = tick.start('guards');
    if (tripsGuard(index)) tick.guardTrip(GUARD_REASON);
    guards.end();
    const emit = tick.start('emit');
    emit.end();
    tick.end();
  }

  function callbackTick(index) {
    scope.tick({ symbol: symbolOf(index) }, (tick) => {
      tick.stage('fetch_md', () => {});
      tick.stage('spread', () => {});
      tick.stage('guards', () => {
        if (tripsGuard(index)) tick.guardTrip(GUARD_REASON);
      });
      tick.stage('emit', () => {});
    });
  }

  function awaitedTick(index) {
    return scope.tick({ symbol: symbolOf(index) }, async (tick) => {
      await tick.stage('fetch_md', async () => {});
      await tick.stage('spread', async () => {});
      await tick.stage('guards', async () => {
        if (tripsGuard(index)) tick.guardTrip(GUARD_REASON);
      });
      await tick.stage('emit', async () => {});
    });
  }
}
