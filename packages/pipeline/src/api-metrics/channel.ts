/**
 * How metrics that a bot records through OpenTelemetry's API come to the pipeline: on request, as plain data, from
 * whatever thread their MeterProvider lives in.
 *
 *     pipeline ── collect(round) ──► readers        "tickscope.api-metrics.requests.v1"
 *     readers ── attached, snapshot ──► pipeline    "tickscope.api-metrics.answers.v1"
 *
 * Two channels, so that a snapshot is copied for the pipeline alone. A thread that is busy answers when it is idle;
 * nobody waits for it in between.
 */
import { BroadcastChannel } from 'node:worker_threads';

const REQUESTS = 'tickscope.api-metrics.requests.v1';
const ANSWERS = 'tickscope.api-metrics.answers.v1';

export interface CollectRequest {
  /** Undefined: say only that you are there. */
  readonly round: number | undefined;
}

/** `readerId` is different for every reader of the process. */
export type ReaderMessage =
  | { readonly type: 'attached'; readonly readerId: string }
  | {
      readonly type: 'snapshot';
      readonly readerId: string;
      /** The latest that was asked for; undefined for one that nobody asked for. */
      readonly round: number | undefined;
      /** When it was taken: `performance.timeOrigin + performance.now()`. */
      readonly takenMillis: number;
      /** `ScopeMetrics[]` of the reader's SDK, 2.x or 3.x. Not trusted. */
      readonly scopeMetrics: readonly unknown[];
    }
  /** The reader has been shut down; its last snapshot has been sent. */
  | { readonly type: 'ended'; readonly readerId: string };

/** One end; does not keep its thread alive. */
export interface ChannelEnd<T> {
  /** @throws DataCloneError when the message holds what cannot be copied. */
  post(message: T): void;
  close(): void;
}

/** The reader's end. */
export function listenForRequests(onRequest: (request: CollectRequest) => void): ChannelEnd<ReaderMessage> {
  return connect(REQUESTS, onRequest, ANSWERS);
}

/** The pipeline's end. */
export function listenForSnapshots(onMessage: (message: ReaderMessage) => void): ChannelEnd<CollectRequest> {
  return connect(ANSWERS, onMessage, REQUESTS);
}

function connect<In, Out>(
  hearName: string,
  onMessage: (message: In) => void,
  sayName: string,
): ChannelEnd<Out> {
  const hear = new BroadcastChannel(hearName);
  hear.onmessage = (event) => onMessage((event as { data: In }).data);
  hear.unref();
  return {
    // Opened for the moment only: an open channel would be given copies of what the others say.
    post(message) {
      const say = new BroadcastChannel(sayName);
      try {
        say.postMessage(message);
      } finally {
        say.close();
      }
    },
    close: () => hear.close(),
  };
}
