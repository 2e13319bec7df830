/** The pipeline thread: a loop of turns, and answers to what the trading threads ask. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
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
import { AdoptedLanes } from './threads/adopted-lanes.js';
import { broadcast, listen, type ThreadMessage } from './threads/channel.js';
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js';

const data = workerData as WorkerData;
const { settings, control, restarts, flushTimeoutMillis, pipelineId } = data;
const words = controlWords(control);
giveWay();
const pipeline = new Pipeline({
  settings,
  restarts,
  verdicts: ledgerDoubles(control),
  retired: data.retired,
  onRetired: (reader) => lanes.retired(reader),
});
const lanes = new AdoptedLanes(pipeline, pipelineId, data.shared, tell);
pipeline.addRegion(data.region, data.threadId);
lanes.resume(data.joins);
if (restarts > 0) pipeline.settleRestart();

let isFlushing = false;
let isStopping = false;

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function loop(): void {
  if (isStopping) return;
  lanes.turn();
  let delayMillis = pipeline.turn();
  void flushIfAsked();
  // While the trading thread waits in its exit handler nothing else is worth waiting for.
  if (Atomics.load(words, IS_EXITING) === 1) delayMillis = Math.min(delayMillis, 1);
  if (delayMillis === 0) setImmediate(loop);
  else setTimeout(loop, delayMillis);
}

async function flushIfAsked(): Promise<void> {
  if (isFlushing) return;
  const request = Atomics.load(words, FLUSH_REQUESTED);
  const answerLanes = lanes.flushRequests();
  const isAsked = request !== Atomics.load(words, FLUSH_DONE);
  if (!isAsked && answerLanes === undefined) return;
  isFlushing = true;
  takeMessages();
  lanes.turn();
  await pipeline.flush(flushTimeoutMillis, Atomics.load(words, IS_EXITING) === 1);
  isFlushing = false;
  answerLanes?.();
  if (!isAsked) return;
  Atomics.store(words, FLUSH_DONE, request);
  Atomics.notify(words, FLUSH_DONE);
  tell({ type: 'flushed', request });
}

async function stop(): Promise<void> {
  isStopping = true;
  await pipeline.shutdown(flushTimeoutMillis);
  lanes.close();
  channel.close();
  Atomics.store(words, WORKER_STATE, WORKER_STOPPED);
  // The word that a blocked trading thread waits on: it finds out that nobody will answer.
  Atomics.notify(words, FLUSH_DONE);
  parentPort?.close();
}

function onMessage(message: ToWorker): void {
  if (message.type === 'flush') void flushIfAsked();
  else if (message.type === 'saved') lanes.saved();
  else if (message.type === 'shutdown') void stop();
  else onThreadMessage(message);
}

function onThreadMessage(message: ThreadMessage): void {
  if (message.type === 'join') lanes.offer(message.join);
  else if (message.type === 'ended') lanes.threadEnded(message.threadId);
  else if (message.pipelineId !== pipelineId) {
    tell({
      type: 'warning',
      message: `thread ${message.threadId} has started a second pipeline in this process: call register() in the main thread first`,
    });
  }
}

/** A thread that blocks in its exit handler may have handed over lanes just before it did. */
function takeMessages(): void {
  for (const [port, receive] of [
    [parentPort, onMessage],
    [channel, onThreadMessage],
  ] as const) {
    if (port === null) continue;
    for (;;) {
      const received = receiveMessageOnPort(port as NonNullable<typeof parentPort>);
      if (received === undefined) break;
      (receive as (message: unknown) => void)(received.message);
    }
  }
}

const channel = listen(onThreadMessage);
parentPort?.on('message', onMessage);
if (restarts === 0) broadcast({ type: 'started', pipelineId, threadId: data.threadId });
Atomics.store(words, WORKER_STATE, WORKER_RUNNING);
loop();
const listening = await pipeline.listen();
const address = listening !== undefined && 'address' in listening ? listening.address : undefined;
if (listening !== undefined && 'reason' in listening) {
  tell({ type: 'warning', message: `no HTTP server: ${listening.reason}` });
}
tell({ type: 'listening', address });
lanes.listensAt(address);
