/** The strategy's settings: prices in ticks, sizes in lots, as on the wire. */
export const CONFIG = {
  symbols: ['BTC-USD', 'ETH-USD', 'SOL-USD', 'XRP-USD', 'ADA-USD', 'DOGE-USD', 'LTC-USD', 'DOT-USD'],
  deadlineMs: 20,
  quote: {
    lots: 10,
    /** Of the market's own spread. */
    halfSpreadShare: 0.3,
    minHalfSpreadTicks: 2,
    /** How far a full position moves both prices, against itself. */
    fullSkewTicks: 6,
    /** A resting order closer than this to its target stays where it is. */
    requoteTicks: 2,
  },
  guards: {
    maxBookAgeMs: 450,
    maxSpreadTicks: 30,
    maxPositionLots: 20,
    /** Requests kept back for cancels. */
    reservedRequests: 6,
    /** Loss over all symbols, quote currency, that stops quoting for good. */
    maxLoss: 500,
  },
  /** A symbol that nothing has happened to is looked at again after this. */
  heartbeatMs: 200,
  feed: { silenceMs: 1200, firstRetryMs: 50, maxRetryMs: 2000 },
  requests: { timeoutMs: 2000, connections: 16, clockIntervalMs: 5000 },
} as const;

export type Config = typeof CONFIG;
