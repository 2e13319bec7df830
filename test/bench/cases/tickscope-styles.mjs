import { GUARD_REASON, symbolOf, tripsGuard } from './workload.mjs';

/**
 * The workload in each style of the public API. `lap` and `startEnd` are explicit; `callback` carries the tick
 * through AsyncLocalStorage; `awaited` is a callback whose stages are awaited.
 */
export function createStyles(scope) {
  return { lap: lapTick, startEnd: startEndTick, callback: callbackTick, awaited: awaitedTick };

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
