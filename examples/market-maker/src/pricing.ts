import type { Level } from '@tickscope-examples/sim-exchange/wire';
import type { Config } from './config.js';

export interface Touch {
  readonly bid: Level;
  readonly ask: Level;
}

export interface Quote {
  readonly bidTicks: number;
  readonly askTicks: number;
  readonly lots: number;
}

/** Mid price weighted by what stands against it: a heavy bid pushes the price towards the ask. */
export function microPrice({ bid, ask }: Touch): number {
  return (bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1]);
}

/**
 * Two prices around the micro price, moved against the position so that the side that reduces it is the
 * likelier to trade, and kept on their own side of the market: orders are post-only.
 */
export function price(
  touch: Touch,
  positionLots: number,
  maxPositionLots: number,
  config: Config['quote'],
): Quote {
  const fair = microPrice(touch);
  const [marketBid] = touch.bid;
  const [marketAsk] = touch.ask;
  const half = Math.max(config.minHalfSpreadTicks, (marketAsk - marketBid) * config.halfSpreadShare);
  const skew = (-positionLots / maxPositionLots) * config.fullSkewTicks;
  return {
    bidTicks: Math.min(Math.floor(fair - half + skew), marketAsk - 1),
    askTicks: Math.max(Math.ceil(fair + half + skew), marketBid + 1),
    lots: config.lots,
  };
}
