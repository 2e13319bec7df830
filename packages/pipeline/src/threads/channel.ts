/** How a thread that registers reaches a pipeline that it did not start: by a name that all threads know. */
import { BroadcastChannel } from 'node:worker_threads';

const NAME = 'tickscope.threads.v1';

/** What a thread hands over: everything that the pipeline needs to read it, and to answer it. */
export interface Join {
  /** Different for every lane of the process. */
  readonly id: string;
  readonly threadId: number;
  /** Undefined: any pipeline will do. */
  readonly pipelineId: number | undefined;
  readonly region: SharedArrayBuffer;
  /** See lane-words.ts. */
  readonly words: SharedArrayBuffer;
  /** By setting: what this thread's configuration asks of the pipeline; defaults are not among it. */
  readonly wishes: Readonly<Record<string, string>>;
}

export type ThreadMessage =
  | { readonly type: 'join'; readonly join: Join }
  | { readonly type: 'ended'; readonly threadId: number }
  | { readonly type: 'started'; readonly pipelineId: number; readonly threadId: number };

/** Opened for the moment only: an open channel gathers the regions of other threads while its own is busy. */
export function broadcast(message: ThreadMessage): void {
  const channel = new BroadcastChannel(NAME);
  channel.postMessage(message);
  channel.close();
}

/** Does not keep the thread alive. */
export function listen(onMessage: (message: ThreadMessage) => void): BroadcastChannel {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = (event) => onMessage((event as { data: ThreadMessage }).data);
  channel.unref();
  return channel;
}
