import { register } from '@tickscope/sdk';
import { CONFIG } from './config.js';
import { GUARD_REASONS } from './guards.js';
import type { Quoting } from './quoting.js';

export function createQuoting(): Quoting {
  const scope = register({
    service: 'market-maker',
    stages: ['fetch_md', 'spread', 'guards', 'emit'],
    guardReasons: GUARD_REASONS,
    deadlineMs: CONFIG.deadlineMs,
  });
  return {
    variant: 'instrumented',
    tick: (desk, update) =>
      scope.tick({ symbol: update.symbol, startedAt: update.receivedAt }, async (tick) => {
        const view = tick.stage('fetch_md', () => desk.fetchMarketData(update));
        const quote = tick.stage('spread', () => desk.price(view));
        const verdict = tick.stage('guards', () => desk.check(view, quote));
        for (const reason of verdict.trips) tick.guardTrip(reason);
        await tick.stage('emit', () => desk.emit(view, verdict));
        desk.finish(update);
      }),
    skip: (reason, symbol, count) => scope.skip(reason, symbol, count),
    request: (verb, api, send) => scope.exchangeRequest(verb, api, send),
    logFields: () => scope.logFields(),
    address: scope.address,
    close: () => scope.shutdown(),
  };
}
