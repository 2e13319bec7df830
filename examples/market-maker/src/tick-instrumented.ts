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
    async tick(desk, update) {
      const tick = scope.begin({ symbol: update.symbol, startedAt: update.receivedAt });
      try {
        const view = tick.stage('fetch_md', () => desk.fetchMarketData(update, tick));
        const quote = tick.stage('spread', () => desk.price(view));
        const verdict = tick.stage('guards', () => desk.check(view, quote));
        for (const reason of verdict.trips) tick.guardTrip(reason);
        await tick.stage('emit', () => desk.emit(view, verdict));
        desk.finish(view);
        tick.end();
      } catch (error) {
        tick.fail(error);
        throw error;
      }
    },
    skip: (reason, symbol, count) => scope.skip(reason, symbol, count),
    request: (verb, api, send) => scope.exchangeRequest(verb, api, send),
    address: scope.address,
    close: () => scope.shutdown(),
  };
}
