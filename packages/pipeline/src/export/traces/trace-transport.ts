/** How batches of spans leave the process, encoded. */
import type { Reachability } from '../otlp-endpoint.js';

/** OTLP's partial success. Which spans it was, a backend does not say. */
export interface Rejection {
  readonly spans: number;
  readonly message: string;
}

export type SendResult =
  /** The backend acknowledged the batch with 2xx; `rejected` tells what it did not take of it all the same. */
  | { readonly status: 'acknowledged'; readonly rejected?: Rejection | undefined }
  /** It did not; retries included. */
  | { readonly status: 'failed'; readonly message: string };

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
