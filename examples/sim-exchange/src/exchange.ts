import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Faults } from './faults.js';
import { drawLatencyMillis } from './latency.js';
import { Market } from './market.js';
import { Matching } from './matching.js';
import { PrivateJournal } from './private-journal.js';
import { randomStream } from './random.js';
import { RateBudget } from './rate-budget.js';
import { Rest, sendJson } from './rest.js';
import type { Scenario } from './scenario.js';
import { Streams } from './streams.js';
import { Timeline } from './timeline.js';
import { Truth } from './truth.js';

export interface Exchange {
  /** For example `http://127.0.0.1:40123`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts the exchange on 127.0.0.1. The market opens with the first subscription. */
export async function startExchange(scenario: Scenario, seed: number, port: number): Promise<Exchange> {
  const truth = new Truth();
  const journal = new PrivateJournal();
  const timeline = new Timeline();
  const { requestsPerSecond, burst } = scenario.rateLimit;
  const budget = new RateBudget(requestsPerSecond, burst, performance.now());
  const matching = new Matching(scenario, seed, journal, truth);
  const markets = new Map(
    scenario.symbols.map((symbol) => [symbol, new Market(symbol, scenario.market, seed)]),
  );
  let halted = false;

  const snapshotRandom = randomStream(seed, 'snapshot');
  const streams = new Streams({
    markets,
    journal,
    truth,
    snapshotDelayMillis: () => drawLatencyMillis(scenario.latency, snapshotRandom),
    onSubscription: () => {
      if (!halted) timeline.resume();
    },
  });
  const faults = new Faults(scenario, { timeline, streams, budget, truth });
  const rest = new Rest({
    scenario,
    seed,
    markets,
    matching,
    journal,
    budget,
    truth,
    isHalted: () => halted,
  });

  const scheduleStep = (market: Market) => {
    timeline.schedule(timeline.nowMillis + market.nextIntervalMillis(), () => {
      const { taker, bids, asks } = market.step(faults.spreadTicks);
      const { symbol, sequence } = market;
      // As at most venues, whoever traded hears of it before the public does.
      matching.trade(market, taker);
      if (!faults.takeGap()) {
        streams.publish({ type: 'delta', symbol, sequence, exchangeMillis: Date.now(), bids, asks });
      }
      scheduleStep(market);
    });
  };
  for (const market of markets.values()) scheduleStep(market);

  const setHalted = (next: boolean) => {
    if (next === halted) return;
    halted = next;
    if (halted) {
      timeline.pause();
      // A squeeze that is going on would hold up a client that is cleaning up.
      budget.setRate(requestsPerSecond, performance.now());
    } else {
      timeline.resume();
    }
    journal.append({ type: 'market', state: halted ? 'halted' : 'open' });
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://exchange');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /truth':
        return sendJson(
          response,
          200,
          truth.toJson({ seed, scenario: scenario.name, halted }, matching.open().length),
        );
      case 'POST /control/pause':
      case 'POST /control/resume':
        setHalted(url.pathname.endsWith('pause'));
        return sendJson(response, 200, { halted });
    }
    try {
      if (!(await rest.handle(request, response, url)))
        sendJson(response, 404, { error: 'no such resource' });
    } catch {
      // The client went away while it was sending.
      response.destroy();
    }
  });
  server.on('upgrade', (request, socket, head) => streams.upgrade(request, socket, head));
  // Clients close idle connections, never the exchange: else a request could meet a closing socket unseen.
  server.keepAliveTimeout = 0;
  await listen(server, port);

  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        timeline.pause();
        streams.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
