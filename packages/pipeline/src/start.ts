/** The trading thread's end of the pipeline: starts the worker, restarts it, and waits for it at exit. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
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
import type { PipelineSettings } from './settings.js';
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js';

export interface StartOptions {
  readonly settings: PipelineSettings;
  readonly region: SharedArrayBuffer;
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
    if (this.#isShutDown) return;
    const words = this.#words;
    Atomics.store(words, IS_EXITING, 1);
    const request = Atomics.add(words, FLUSH_REQUESTED, 1) + 1;
    const deadline = performance.now() + this.#options.flushTimeoutMillis;
    for (;;) {
      const done = Atomics.load(words, FLUSH_DONE);
      if (done - request >= 0 || Atomics.load(words, WORKER_STATE) === WORKER_STOPPED) return;
      const left = deadline - performance.now();
      if (left <= 0) return;
      Atomics.wait(words, FLUSH_DONE, done, left);
    }
  }

  #start(): Worker {
    const { region, flushTimeoutMillis } = this.#options;
    const data: WorkerData = {
      settings: this.#settings(),
      control: this.#control,
      regions: [region],
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
    else {
      for (const flush of [...this.#flushes]) if (message.request - flush.request >= 0) flush.done();
    }
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
    if (this.#isShutDown) return this.#listensAt(undefined);
    if (this.#restarts >= MAX_RESTARTS) {
      this.#options.onWarning(`pipeline worker ended ${this.#restarts + 1} times; it is not started again`);
      return this.#listensAt(undefined);
    }
    this.#restarts++;
    this.#options.onWarning(
      `pipeline worker ended; starting it again (${this.#restarts} of ${MAX_RESTARTS})`,
    );
    this.#worker = this.#start();
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
