/**
 * The end of the pipeline in the trading thread that owns it: starts the worker, restarts it, and waits for it
 * at exit. It remembers for the worker which lanes other threads have given it, and what ended ones counted.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  type BroadcastChannel,
  isMainThread,
  type MessagePort,
  receiveMessageOnPort,
  threadId,
  Worker,
} from 'node:worker_threads';
import {
  controlWords,
  createControl,
  FLUSH_DONE,
  FLUSH_REQUESTED,
  IS_EXITING,
  WORKER_STARTING,
  WORKER_STATE,
  WORKER_STOPPED,
} from './control.js';
import type { RetiredTotals } from './retired-lanes.js';
import type { PipelineSettings } from './settings.js';
import { type Join, listen, type ThreadMessage } from './threads/channel.js';
import { PipelineEntry } from './threads/directory.js';
import { closeLane, laneWords } from './threads/lane-words.js';
import { watchThreadEnds } from './threads/thread-ends.js';
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js';

export interface StartOptions {
  readonly settings: PipelineSettings;
  readonly region: SharedArrayBuffer;
  /** By setting: what other threads' configurations are compared with. */
  readonly shared: Readonly<Record<string, string>>;
  /** The most that a flush, at exit too, may take. */
  readonly flushTimeoutMillis: number;
  /** Hears of trouble of the pipeline, one line each. Called on the trading thread, never from a tick. */
  readonly onWarning: (message: string) => void;
}

/** A worker that ends by itself is replaced at most so often; then telemetry stays off. */
const MAX_RESTARTS = 5;
/** The worker keeps the time limit itself; this is for one that does not answer at all. */
const FLUSH_GRACE_MILLIS = 500;

/**
 * A semi-space of 1 MiB. What the worker allocates is garbage within microseconds, and what waits is kept as bytes:
 * with the 16 MiB of the default, as much memory would be written through before any is used again.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 3 };

interface FlushWaiter {
  readonly request: number;
  readonly done: () => void;
}

export class WorkerPipeline {
  readonly #address: Promise<string | undefined>;
  readonly #flushes = new Set<FlushWaiter>();
  readonly #options: StartOptions;
  readonly #control = createControl();
  readonly #words = controlWords(this.#control);
  /** Other threads' lanes, by id. */
  readonly #joins = new Map<string, Join>();
  readonly #pipelineId = randomInt(1, 2 ** 31 - 1);
  readonly #entry: PipelineEntry;
  readonly #channel: BroadcastChannel;
  readonly #stopWatching: () => void;
  #hasLeft = false;
  #retired: RetiredTotals | undefined;
  #worker: Worker;
  #restarts = 0;
  #isShutDown = false;
  #hasAddress = false;
  #port: number | undefined;
  #resolveAddress!: (address: string | undefined) => void;

  constructor(options: StartOptions) {
    this.#options = options;
    this.#address = new Promise((resolve) => {
      this.#resolveAddress = resolve;
    });
    this.#worker = this.#start();
    this.#channel = listen((message) => this.#onThreadMessage(message));
    this.#stopWatching = watchThreadEnds((ended) => this.#post({ type: 'ended', threadId: ended }));
    // Threads that this one starts from now on inherit it.
    this.#entry = new PipelineEntry(this.#pipelineId);
  }

  /**
   * Base URL of the HTTP server; undefined when there is none. Waiting for it keeps the process alive, so
   * that `await` at the top of a short script works.
   */
  get address(): Promise<string | undefined> {
    if (!this.#hasAddress) this.#worker.ref();
    return this.#address;
  }

  /** Resolves when what was recorded before the call is exported or counted as lost, or after the time limit. */
  flush(): Promise<void> {
    if (this.#isShutDown) return Promise.resolve();
    const request = Atomics.add(this.#words, FLUSH_REQUESTED, 1) + 1;
    this.#post({ type: 'flush' });
    return new Promise((resolve) => {
      const waiter: FlushWaiter = {
        request,
        done: () => {
          clearTimeout(limit);
          this.#flushes.delete(waiter);
          resolve();
        },
      };
      const limit = setTimeout(waiter.done, this.#options.flushTimeoutMillis + FLUSH_GRACE_MILLIS);
      this.#flushes.add(waiter);
    });
  }

  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.#leave();
    const worker = this.#worker;
    const limit = setTimeout(() => void worker.terminate(), this.#options.flushTimeoutMillis + 1_000);
    const ended = once(worker, 'exit');
    this.#post({ type: 'shutdown' });
    await ended;
    clearTimeout(limit);
  }

  /**
   * For the `exit` event: blocks until the worker has delivered, or for the flush's time limit. Works while
   * the worker is still starting: it finds the request when it is up.
   */
  flushAtExit(): void {
    if (this.#isShutDown || this.#hasLeft) return;
    this.#takeThreadMessages();
    const words = this.#words;
    Atomics.store(words, IS_EXITING, 1);
    const request = Atomics.add(words, FLUSH_REQUESTED, 1) + 1;
    const deadline = performance.now() + this.#options.flushTimeoutMillis;
    for (;;) {
      const done = Atomics.load(words, FLUSH_DONE);
      const isDone = done - request >= 0 || Atomics.load(words, WORKER_STATE) === WORKER_STOPPED;
      const left = deadline - performance.now();
      if (isDone || left <= 0) break;
      Atomics.wait(words, FLUSH_DONE, done, left);
    }
    if (isMainThread) return;
    // The worker ends with this thread, and other threads go on.
    this.#leave();
    this.#closeJoins();
  }

  #start(): Worker {
    const { region, shared, flushTimeoutMillis } = this.#options;
    const data: WorkerData = {
      settings: this.#settings(),
      control: this.#control,
      region,
      threadId,
      pipelineId: this.#pipelineId,
      shared,
      joins: [...this.#joins.values()],
      retired: this.#retired,
      restarts: this.#restarts,
      flushTimeoutMillis,
    };
    Atomics.store(this.#words, WORKER_STATE, WORKER_STARTING);
    const worker = new Worker(new URL('./worker.bundle.js', import.meta.url), {
      name: 'tickscope',
      workerData: data,
      // The bot's own preloads (--import, --require, NODE_OPTIONS) have no business in our thread.
      execArgv: [],
      env: workerEnvironment(),
      resourceLimits: RESOURCE_LIMITS,
    });
    worker.on('message', (message: FromWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#options.onWarning(`pipeline worker failed: ${error.message}`));
    worker.on('exit', () => this.#onExit());
    // After the listeners: adding one for messages keeps the process alive again.
    worker.unref();
    return worker;
  }

  /** A replaced worker listens where the first one did: scrapers know that port. */
  #settings(): PipelineSettings {
    const { settings } = this.#options;
    if (this.#port === undefined || settings.server === undefined) return settings;
    return { ...settings, server: { ...settings.server, port: this.#port, portIsConfigured: true } };
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'warning') this.#options.onWarning(message.message);
    else if (message.type === 'listening') this.#listensAt(message.address);
    else if (message.type === 'joined') this.#joins.set(message.join.id, message.join);
    else if (message.type === 'left') this.#joins.delete(message.id);
    else if (message.type === 'retired') this.#retire(message.ids, message.totals);
    else {
      for (const flush of [...this.#flushes]) if (message.request - flush.request >= 0) flush.done();
    }
  }

  #retire(ids: readonly string[], totals: RetiredTotals): void {
    this.#retired = totals;
    for (const id of ids) this.#joins.delete(id);
    this.#post({ type: 'saved' });
  }

  /** Hands it on: the worker listens itself, but hears nothing while it starts. */
  #onThreadMessage(message: ThreadMessage): void {
    if (message.type !== 'started') this.#post(message);
  }

  /** What has not been heard yet because this thread was busy; it is about to block, and then to end. */
  #takeThreadMessages(): void {
    for (;;) {
      // The types know ports only; the documentation names channels too.
      const received = receiveMessageOnPort(this.#channel as unknown as MessagePort);
      if (received === undefined) return;
      this.#onThreadMessage(received.message as ThreadMessage);
    }
  }

  /** No thread finds this pipeline any more. */
  #leave(): void {
    this.#hasLeft = true;
    this.#entry.remove();
    this.#channel.close();
    this.#stopWatching();
  }

  #listensAt(address: string | undefined): void {
    this.#hasAddress = true;
    if (address !== undefined) this.#port = Number(new URL(address).port);
    this.#worker.unref();
    this.#resolveAddress(address);
  }

  #onExit(): void {
    Atomics.store(this.#words, WORKER_STATE, WORKER_STOPPED);
    Atomics.notify(this.#words, FLUSH_DONE);
    for (const flush of [...this.#flushes]) flush.done();
    if (this.#isShutDown) return this.#end();
    if (this.#restarts >= MAX_RESTARTS) {
      this.#options.onWarning(`pipeline worker ended ${this.#restarts + 1} times; it is not started again`);
      this.#leave();
      return this.#end();
    }
    this.#restarts++;
    this.#options.onWarning(
      `pipeline worker ended; starting it again (${this.#restarts} of ${MAX_RESTARTS})`,
    );
    this.#worker = this.#start();
  }

  /** There will be no worker. */
  #end(): void {
    this.#closeJoins();
    this.#listensAt(undefined);
  }

  #closeJoins(): void {
    for (const { words } of this.#joins.values()) closeLane(laneWords(words));
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

/** The environment without what would change our thread: preloads, and settings that were resolved already. */
function workerEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('OTEL_')),
  );
}
