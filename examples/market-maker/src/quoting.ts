import type { Desk } from './desk.js';
import type { Update } from './lane.js';

export type SkipReason = 'coalesced' | 'paused' | 'warming_up';

export type RequestOutcome = 'ok' | 'rejected' | 'rate_limited' | 'http_error' | 'network_error' | 'timeout';

/** What `tick.ts` and `tick-instrumented.ts` both provide: all that differs between the two bots. */
export interface Quoting {
  readonly variant: 'bare' | 'instrumented';
  /** One tick, from a book update to the venue's answer. */
  tick(desk: Desk, update: Update): Promise<void>;
  /** An update that no tick will look at. */
  skip(reason: SkipReason, symbol: string, count: number): void;
  /** Every request to the venue passes through here. */
  request<T>(
    verb: string,
    api: string,
    send: (request: { outcome(outcome: RequestOutcome): void }) => Promise<T>,
  ): Promise<T>;
  /** Fields for a log line that is written now. */
  logFields(): { readonly trace_id?: string };
  /** Where telemetry can be looked at. */
  readonly address: Promise<string | undefined>;
  close(): Promise<void>;
}
