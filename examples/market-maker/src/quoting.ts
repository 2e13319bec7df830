import type { Desk } from './desk.js';
import type { Update } from './lane.js';

export type SkipReason = 'coalesced' | 'paused' | 'warming_up';

export type RequestOutcome = 'ok' | 'rejected' | 'rate_limited' | 'http_error' | 'network_error' | 'timeout';

/** Sees to a request: calls `send` once, and is told how it ended. */
export type Observe = <T>(
  verb: string,
  api: string,
  send: (request: { outcome(outcome: RequestOutcome): void }) => Promise<T>,
) => Promise<T>;

/** The tick that measures, as its own steps see it: where its requests belong, and its log lines. */
export interface MeasuredTick {
  readonly exchangeRequest: Observe;
  logFields(): { readonly trace_id?: string };
}

/** What `tick.ts` and `tick-instrumented.ts` both provide: all that differs between the two bots. */
export interface Quoting {
  readonly variant: 'bare' | 'instrumented';
  /** One tick, from a book update to the venue's answer. */
  tick(desk: Desk, update: Update): Promise<void>;
  /** An update that no tick will look at. */
  skip(reason: SkipReason, symbol: string, count: number): void;
  /** Every request to the venue passes through here, or through its tick. */
  readonly request: Observe;
  /** Where telemetry can be looked at. */
  readonly address: Promise<string | undefined>;
  close(): Promise<void>;
}
