import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenOrdersResponse } from '@tickscope-examples/sim-exchange/wire';
import { CONFIG } from './config.js';
import { Desk, VenueError } from './desk.js';
import { Feed } from './feed.js';
import { Inventory } from './inventory.js';
import { Journal } from './journal.js';
import { Lane, type Update, updateOf } from './lane.js';
import type { Log } from './log.js';
import { type OrderEvent, OrderStream } from './order-stream.js';
import { OrderTracker } from './order-tracker.js';
import type { Quoting, SkipReason } from './quoting.js';
import { Reconciler } from './reconciler.js';
import { type ReportJson, summarise } from './report.js';
import { type Reply, Venue } from './venue.js';
import { VenueClock } from './venue-clock.js';

const HEARTBEAT_CHECK_MS = 50;
const START_ATTEMPTS = 5;
const START_PAUSE_MS = 200;

export interface BotSettings {
  /** The exchange's HTTP address. */
  readonly exchange: string;
  readonly symbols: readonly string[];
  /** Notes every tick's trace id in the journal. */
  readonly journalTraces: boolean;
  /** A tick has ended. */
  readonly onTick: () => void;
  /** The market was halted and the bot has come to rest: no ticks, no requests, nothing open. */
  readonly onQuiet: (bot: Bot) => void;
  /** The bot cannot go on and has to be stopped. */
  readonly onFatal: (problem: string) => void;
  readonly log: Log;
}

export interface Bot {
  readonly journal: Journal;
  report(): ReportJson;
  /** Stops quoting, cancels everything, reconciles, disconnects. False: orders may be left at the venue. */
  stop(): Promise<boolean>;
}

/** Puts feed, orders and one lane a symbol together and lets them run. @throws when the venue does not answer. */
export async function startBot(settings: BotSettings, quoting: Quoting): Promise<Bot> {
  const { exchange, symbols, log } = settings;
  const streams = exchange.replace(/^http/, 'ws').replace(/\/$/, '');
  const startedAt = performance.now();
  const journal = new Journal();
  const inventory = new Inventory();
  const tracker = new OrderTracker(process.pid.toString(36));
  const venue = new Venue(exchange, CONFIG.requests, quoting.request, journal);

  const open = await firstOpenOrders(venue);
  if (!('body' in open)) {
    await venue.close();
    throw new VenueError(`the exchange at ${exchange} does not answer: ${open.outcome}`);
  }

  /** Set while the bot does not quote; resolves to whether nothing is left at the venue. */
  let resting: Promise<boolean> | undefined;
  let clockCheck: Promise<void> = Promise.resolve();

  const skip = (reason: SkipReason, symbol: string, count = 1) => {
    quoting.skip(reason, symbol, count);
    journal.skip(reason, count);
  };
  const post = (symbol: string, receivedAt: number) => {
    if (resting) skip('paused', symbol);
    else lanes.get(symbol)?.post(updateOf(symbol, receivedAt));
  };
  const onOrderEvent = (event: OrderEvent) => {
    tracker.event(event);
    if (event.type === 'fill') {
      inventory.fill(event.symbol, event.side, event.priceTicks, event.lots);
    }
  };

  const stream = new OrderStream({
    url: `${streams}/private`,
    after: open.body.sequence,
    config: CONFIG.feed,
    onEvent: onOrderEvent,
    onMarket: (state) => {
      log('info', 'market state', { state });
      feed.expectsMessages = state === 'open';
      if (state === 'halted') void rest().then(() => settings.onQuiet(bot));
      else resume();
    },
    onHistoryGone: () => settings.onFatal('the venue no longer has the order events that were missed'),
    log,
  });
  const reconciler = new Reconciler(tracker, venue, stream, log);
  for (const order of open.body.orders) tracker.adopt(order);
  if (open.body.orders.length > 0) await reconciler.cancelAll();

  const clock = new VenueClock(venue);
  // Many at once, twice: this also opens the connections and warms up the code that the first ticks need.
  for (let round = 0; round < 2; round += 1) {
    await Promise.all(Array.from({ length: CONFIG.requests.connections }, () => clock.check()));
  }

  const feed = new Feed({
    url: `${streams}/market`,
    symbols,
    config: CONFIG.feed,
    onUpdate: post,
    onUnsynced: (symbol) => skip('warming_up', symbol),
    log,
  });
  const desk = new Desk({
    config: CONFIG,
    books: feed.books,
    clock,
    inventory,
    tracker,
    venue,
    log,
    onUnanswered: () => void reconciler.clearUp(),
    journalsTraces: settings.journalTraces,
  });

  const runTick = async (update: Update) => {
    let failed = false;
    try {
      await quoting.tick(desk, update);
    } catch (error) {
      failed = true;
      if (!(error instanceof VenueError)) log('error', 'tick failed', { error: String(error) });
    }
    const { symbol, receivedAt: startMillis, workDoneAt: workDoneMillis, trips, traceId } = update;
    const outcome = failed ? 'failed' : trips.length > 0 ? 'guard' : 'ok';
    const endMillis = performance.now();
    const entry = { symbol, startMillis, workDoneMillis, endMillis, outcome, trips } as const;
    journal.tick(traceId ? { ...entry, traceId } : entry);
    settings.onTick();
  };
  const lanes = new Map(
    symbols.map((symbol) => [symbol, new Lane(runTick, (of, count) => skip('coalesced', of, count))]),
  );

  const checkHeartbeats = () => {
    const now = performance.now();
    for (const [symbol, lane] of lanes) {
      const hasBook = feed.books.get(symbol)?.bestBid() !== undefined;
      if (hasBook && lane.idleMillis(now) > CONFIG.heartbeatMs) post(symbol, now);
    }
  };
  const timers = [
    setInterval(() => {
      if (!resting) checkHeartbeats();
    }, HEARTBEAT_CHECK_MS),
    setInterval(() => {
      if (!resting) clockCheck = clock.check();
    }, CONFIG.requests.clockIntervalMs),
  ];

  async function comeToRest(): Promise<boolean> {
    const waiting = await Promise.all([...lanes.values()].map((lane) => lane.drain()));
    for (const update of waiting) if (update) skip('paused', update.symbol);
    await clockCheck;
    return reconciler.cancelAll();
  }
  function rest(): Promise<boolean> {
    resting ??= comeToRest();
    return resting;
  }
  function resume(): void {
    void resting?.then(() => {
      resting = undefined;
    });
  }

  const bot: Bot = {
    journal,
    report: () =>
      summarise(
        journal.toJson(),
        {
          variant: quoting.variant,
          seconds: (performance.now() - startedAt) / 1000,
          orders: tracker.counts,
          feed: { ...feed.counts, orderStreamReconnects: stream.reconnects },
          profit: inventory.profit(),
        },
        CONFIG.deadlineMs,
      ),
    async stop() {
      const isClean = await rest();
      for (const timer of timers) clearInterval(timer);
      feed.close();
      stream.close();
      await venue.close();
      return isClean;
    },
  };
  return bot;
}

/** One lost answer is no reason not to start. */
async function firstOpenOrders(venue: Venue): Promise<Reply<OpenOrdersResponse>> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await venue.openOrders();
    if (reply.outcome === 'ok' || attempt === START_ATTEMPTS) return reply;
    await sleep(START_PAUSE_MS);
  }
}
