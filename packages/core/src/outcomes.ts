/**
 * Outcomes of a tick and of an exchange request. The order is part of the shared-memory format: a frame
 * carries the index.
 */
export const TICK_OUTCOMES = [
  'ok',
  'failed',
  'guard',
  'stale',
  'busy',
  'throttled',
  'coalesced',
  'warming_up',
  'paused',
  'abandoned',
] as const;
export type TickOutcome = (typeof TICK_OUTCOMES)[number];

/** What `tick.end()` takes: the rest is decided by the recorder. */
export type EndOutcome = Exclude<TickOutcome, 'failed' | 'guard' | 'abandoned'>;

/** What `scope.skip()` takes: outcomes of a tick that did not run. */
export type SkipOutcome = Exclude<TickOutcome, 'ok' | 'failed' | 'guard' | 'abandoned'>;

export const REQUEST_OUTCOMES = [
  'ok',
  'rejected',
  'rate_limited',
  'http_error',
  'network_error',
  'timeout',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];
