/** How batches of spans leave the process, encoded. */

export type SendResult =
  /** The backend acknowledged the batch with 2xx. */
  | { readonly status: 'acknowledged' }
  /** It did not; retries included. */
  | { readonly status: 'failed'; readonly message: string };

/** `unreachable`: refused at once, also by the name service or the network; `unknown`: no answer in time. */
export type Reachability = 'reachable' | 'unreachable' | 'unknown';

export interface TraceTransport {
  /**
   * Never rejects. When `signal` aborts, the caller has given the batch up: it is not waiting for the result
   * any more, connections are closed and nothing of the batch is sent afterwards.
   */
  send(request: Uint8Array, signal: AbortSignal): Promise<SendResult>;
  /** Whether a connection to the backend can be opened now. Never rejects; answers within the time limit. */
  probe(limitMillis: number): Promise<Reachability>;
  /** Closes every connection. */
  close(): void;
}
