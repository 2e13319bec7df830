/** The pipeline thread: a loop of turns, and answers to what the trading thread asks. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  controlWords,
  FLUSH_DONE,
  FLUSH_REQUESTED,
  IS_EXITING,
  ledgerDoubles,
  WORKER_RUNNING,
  WORKER_STATE,
  WORKER_STOPPED,
} from './control.js';
import { Pipeline } from './pipeline.js';
import { giveWay } from './thread-priority.js';
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js';

const { settings, control, regions, restarts, flushTimeoutMillis } = workerData as WorkerData;
const words = controlWords(control);
giveWay();
const pipeline = new Pipeline({ settings, restarts, verdicts: ledgerDoubles(control) });
for (const region of regions) pipeline.addRegion(region);
if (restarts > 0) pipeline.settleRestart();

let isFlushing = false;
let isStopping = false;

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function loop(): void {
  if (isStopping) return;
  let delayMillis = pipeline.turn();
  void flushIfAsked();
  // While the trading thread waits in its exit handler nothing else is worth waiting for.
  if (Atomics.load(words, IS_EXITING) === 1) delayMillis = Math.min(delayMillis, 1);
  if (delayMillis === 0) setImmediate(loop);
  else setTimeout(loop, delayMillis);
}

async function flushIfAsked(): Promise<void> {
  const request = Atomics.load(words, FLUSH_REQUESTED);
  if (isFlushing || request === Atomics.load(words, FLUSH_DONE)) return;
  isFlushing = true;
  await pipeline.flush(flushTimeoutMillis, Atomics.load(words, IS_EXITING) === 1);
  isFlushing = false;
  Atomics.store(words, FLUSH_DONE, request);
  Atomics.notify(words, FLUSH_DONE);
  tell({ type: 'flushed', request });
}

async function stop(): Promise<void> {
  isStopping = true;
  await pipeline.shutdown(flushTimeoutMillis);
  Atomics.store(words, WORKER_STATE, WORKER_STOPPED);
  // The word that a blocked trading thread waits on: it finds out that nobody will answer.
  Atomics.notify(words, FLUSH_DONE);
  parentPort?.close();
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'flush') void flushIfAsked();
  else if (message.type === 'region') pipeline.addRegion(message.region);
  else void stop();
});

Atomics.store(words, WORKER_STATE, WORKER_RUNNING);
loop();
const listening = await pipeline.listen();
if (listening === undefined) {
  tell({ type: 'listening', address: undefined });
} else if ('address' in listening) {
  tell({ type: 'listening', address: listening.address });
} else {
  tell({ type: 'warning', message: `no HTTP server: ${listening.reason}` });
  tell({ type: 'listening', address: undefined });
}
