/** Notices that threads end which had no chance to say so: `terminate()` runs no `exit` handler in them. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

/** Published by Node for every thread that this one starts. */
const CHANNEL = 'worker_threads';

/** @returns what stops it. Sees the threads that this thread starts from now on. */
export function watchThreadEnds(onEnd: (threadId: number) => void): () => void {
  const onStart = (message: unknown): void => {
    const { worker } = message as { worker: Worker };
    // Afterwards it is -1.
    const { threadId } = worker;
    worker.once('exit', () => onEnd(threadId));
  };
  subscribe(CHANNEL, onStart);
  return () => unsubscribe(CHANNEL, onStart);
}
