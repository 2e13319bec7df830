/** The pipeline as a thread sees it that did not start it. */
import { randomUUID } from 'node:crypto';
import { type BroadcastChannel, threadId } from 'node:worker_threads';
import type { WorkerPipeline } from '../start.js';
import { broadcast, type Join, listen } from './channel.js';
import type { Seat } from './directory.js';
import {
  createLaneWords,
  LANE_CLOSED,
  LANE_ENDED,
  LANE_FLUSH_DONE,
  LANE_FLUSH_REQUESTED,
  LANE_OWN,
  LANE_PENDING,
  LANE_STATE,
  loadAddress,
} from './lane-words.js';
import { watchThreadEnds } from './thread-ends.js';

export interface JoinOptions {
  readonly seat: Exclude<Seat, { role: 'owner' }>;
  readonly region: SharedArrayBuffer;
  /** See Join. */
  readonly wishes: Readonly<Record<string, string>>;
  readonly flushTimeoutMillis: number;
  /** For a thread that only asked, when nobody has answered. */
  readonly startOwn: () => WorkerPipeline;
  readonly onWarning: (message: string) => void;
}

/** Offered again so often: while a worker starts, nobody hears it. */
const OFFER_INTERVAL_MILLIS = 100;
/** How long a thread asks before it takes itself for the first. Recording does not wait for it. */
const ASK_MILLIS = 500;
const WATCH_INTERVAL_MILLIS = 1_000;
const POLL_MILLIS = 5;
const EXIT_POLL_MILLIS = 20;

export class JoinedPipeline {
  readonly #options: JoinOptions;
  readonly #words = createLaneWords();
  readonly #join: Join;
  readonly #channel: BroadcastChannel | undefined;
  readonly #stopWatching: () => void;
  #askUntilMillis = performance.now() + ASK_MILLIS;
  #timer: NodeJS.Timeout | undefined;
  #own: WorkerPipeline | undefined;
  #isShutDown = false;

  constructor(options: JoinOptions) {
    const { seat } = options;
    this.#options = options;
    this.#join = {
      id: randomUUID(),
      threadId,
      pipelineId: seat.role === 'joins' ? seat.pipelineId : undefined,
      region: options.region,
      words: this.#words.buffer as SharedArrayBuffer,
      wishes: options.wishes,
    };
    if (seat.role === 'asks') this.#channel = this.#deferToEarlierThreads();
    this.#stopWatching = watchThreadEnds((ended) => broadcast({ type: 'ended', threadId: ended }));
    this.#offer();
  }

  /** Waiting for it keeps the thread alive. */
  get address(): Promise<string | undefined> {
    return this.#address();
  }

  async flush(): Promise<void> {
    if (this.#own !== undefined) return this.#own.flush();
    if (this.#isShutDown) return;
    const words = this.#words;
    const request = Atomics.add(words, LANE_FLUSH_REQUESTED, 1) + 1;
    await this.#until(() => Atomics.load(words, LANE_FLUSH_DONE) - request >= 0);
  }

  /** Gives up this thread's lane, when it is drained and counted. The pipeline goes on for the others. */
  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    await this.flush();
    this.#isShutDown = true;
    this.#stop();
    if (this.#own !== undefined) return this.#own.shutdown();
    Atomics.store(this.#words, LANE_ENDED, 1);
    await this.#until(() => false);
  }

  /**
   * For the thread's `exit` event. The pipeline outlives the thread: all that is needed is that it knows the
   * lane, for which this blocks if need be, within the time limit of a flush.
   */
  flushAtExit(): void {
    if (this.#own !== undefined) return this.#own.flushAtExit();
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    Atomics.store(this.#words, LANE_ENDED, 1);
    const { seat, flushTimeoutMillis } = this.#options;
    const limit = seat.role === 'asks' ? Math.min(ASK_MILLIS, flushTimeoutMillis) : flushTimeoutMillis;
    const deadline = performance.now() + limit;
    while (this.#state === LANE_PENDING && !this.#isGone && performance.now() < deadline) {
      broadcast({ type: 'join', join: this.#join });
      Atomics.wait(this.#words, LANE_STATE, LANE_PENDING, EXIT_POLL_MILLIS);
    }
    this.#takeOver()?.flushAtExit();
  }

  get #state(): number {
    return Atomics.load(this.#words, LANE_STATE);
  }

  get #isGone(): boolean {
    const { seat } = this.#options;
    return seat.role === 'joins' && seat.isGone();
  }

  /** Offers the lane until somebody takes it; then looks now and then whether it is still read. */
  #offer(): void {
    const state = this.#state;
    if (state === LANE_PENDING && this.#askUntilMillis <= performance.now() && this.#takeOver()) return;
    if (this.#isGone || state === LANE_CLOSED) {
      this.#stop();
      return this.#options.onWarning(
        `thread ${threadId} is no longer recorded: the thread that started the pipeline has ended it`,
      );
    }
    if (state === LANE_PENDING) broadcast({ type: 'join', join: this.#join });
    else this.#channel?.close();
    const interval = state === LANE_PENDING ? OFFER_INTERVAL_MILLIS : WATCH_INTERVAL_MILLIS;
    this.#timer = setTimeout(() => this.#offer(), interval);
    this.#timer.unref();
  }

  /** Starts a pipeline if there is none: undefined when this thread knows of one, or one has the lane. */
  #takeOver(): WorkerPipeline | undefined {
    if (this.#options.seat.role === 'joins') return undefined;
    const before = Atomics.compareExchange(this.#words, LANE_STATE, LANE_PENDING, LANE_OWN);
    if (before !== LANE_PENDING) return undefined;
    this.#stop();
    this.#own = this.#options.startOwn();
    return this.#own;
  }

  /** Of several threads that ask at the same time, the one that was started first becomes the owner. */
  #deferToEarlierThreads(): BroadcastChannel {
    return listen((message) => {
      if (message.type !== 'join' || message.join.pipelineId !== undefined) return;
      if (message.join.threadId < threadId) this.#askUntilMillis = performance.now() + ASK_MILLIS;
    });
  }

  async #address(): Promise<string | undefined> {
    for (;;) {
      if (this.#own !== undefined) return this.#own.address;
      const { known, address } = loadAddress(this.#words);
      if (known) return address;
      if (this.#isGone || this.#state === LANE_CLOSED) return undefined;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  }

  async #until(isDone: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#options.flushTimeoutMillis;
    while (!isDone() && this.#state !== LANE_CLOSED && performance.now() < deadline) {
      if (this.#own !== undefined) return this.#own.flush();
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#channel?.close();
    this.#stopWatching();
  }
}
