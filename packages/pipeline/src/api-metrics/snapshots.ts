/** The newest figures of each reader in the bot's MeterProviders, asked for when somebody wants to see them. */
import { type ChannelEnd, type CollectRequest, listenForSnapshots, type ReaderMessage } from './channel.js';

export interface ApiSnapshot {
  readonly takenMillis: number;
  /** Not trusted. */
  readonly scopeMetrics: readonly unknown[];
}

interface Reader {
  /** The last round that it has answered. */
  answered: number;
  /** It does not answer any more. */
  hasEnded: boolean;
  snapshot: ApiSnapshot | undefined;
}

/** A scrape waits so long for a bot that is busy, and once only: then the last figures do. */
const WAIT_MILLIS = 200;
/** Older figures say nothing of the present. Prometheus itself forgets a series after five minutes. */
const MAX_AGE_MILLIS = 60_000;
/** Who asks again so soon is given the same. */
const MIN_INTERVAL_MILLIS = 50;
/** Those beyond it are not asked and not shown, until one of the others is gone. */
const MAX_READERS = 64;

export class ApiSnapshots {
  readonly #readers = new Map<string, Reader>();
  readonly #channel: ChannelEnd<CollectRequest>;
  readonly #onAnswer = new Set<() => void>();
  #round = 0;
  #refreshing: Promise<void> | undefined;
  #refreshedMillis = Number.NEGATIVE_INFINITY;
  readonly #maxAgeMillis: number;
  #hasStopped = false;

  /** @param maxAgeMillis older figures are not shown. Default 60 000. */
  constructor(maxAgeMillis: number = MAX_AGE_MILLIS) {
    this.#maxAgeMillis = maxAgeMillis;
    this.#channel = listenForSnapshots((message) => this.#onMessage(message));
    // Those that were there before.
    this.#channel.post({ round: undefined });
  }

  /** Snapshots that are young enough to be shown; last those of readers that have ended. */
  snapshots(): ApiSnapshot[] {
    const now = performance.timeOrigin + performance.now();
    const present: ApiSnapshot[] = [];
    const past: ApiSnapshot[] = [];
    for (const [readerId, { snapshot, hasEnded }] of this.#readers) {
      if (snapshot === undefined) continue;
      if (now - snapshot.takenMillis <= this.#maxAgeMillis) (hasEnded ? past : present).push(snapshot);
      // It is welcome again when it speaks.
      else this.#readers.delete(readerId);
    }
    return [...present, ...past];
  }

  /**
   * Resolves when every reader has said what is so now, at once if there is none, and after 200 ms at the latest. A
   * reader that has not answered the last time is asked, and not waited for.
   */
  refresh(): Promise<void> {
    const isFresh = performance.now() - this.#refreshedMillis < MIN_INTERVAL_MILLIS;
    if (this.#hasStopped || isFresh) return Promise.resolve();
    this.#refreshing ??= this.#askAll().finally(() => {
      this.#refreshing = undefined;
      this.#refreshedMillis = performance.now();
    });
    return this.#refreshing;
  }

  /** From now on nobody would answer: the process is ending. */
  stopAsking(): void {
    this.#hasStopped = true;
  }

  close(): void {
    this.stopAsking();
    this.#channel.close();
  }

  #askAll(): Promise<void> {
    const asked = [...this.#readers.values()].filter(({ hasEnded }) => !hasEnded);
    if (asked.length === 0) return Promise.resolve();
    const waitedFor = asked.filter(({ answered }) => answered === this.#round);
    const round = ++this.#round;
    this.#channel.post({ round });
    if (waitedFor.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(limit);
        this.#onAnswer.delete(look);
        resolve();
      };
      const look = () => {
        if (waitedFor.every(({ answered, hasEnded }) => hasEnded || answered >= round)) done();
      };
      const limit = setTimeout(done, WAIT_MILLIS);
      limit.unref();
      this.#onAnswer.add(look);
    });
  }

  #onMessage(message: ReaderMessage): void {
    const reader = this.#readerOf(message.readerId);
    if (reader === undefined) return;
    if (message.type === 'ended') reader.hasEnded = true;
    if (message.type === 'snapshot') {
      const { takenMillis, scopeMetrics } = message;
      reader.snapshot = { takenMillis, scopeMetrics };
      reader.answered = message.round ?? reader.answered;
    }
    for (const look of [...this.#onAnswer]) look();
  }

  #readerOf(readerId: string): Reader | undefined {
    const known = this.#readers.get(readerId);
    if (known !== undefined || this.#readers.size >= MAX_READERS) return known;
    const reader: Reader = { answered: this.#round, hasEnded: false, snapshot: undefined };
    this.#readers.set(readerId, reader);
    // The last answer was without it.
    this.#refreshedMillis = Number.NEGATIVE_INFINITY;
    return reader;
  }
}
