import type { RequestOutcome, SkipReason } from './quoting.js';

const MAX_ENTRIES = 1_000_000;

export interface TickEntry {
  readonly symbol: string;
  /** `performance.now()` milliseconds: the read that telemetry is given as the tick's start. */
  readonly startMillis: number;
  /**
   * The last read inside the tick and the first after it: the tick ended in between. They lie some 10 µs apart;
   * milliseconds where the thread was suspended between them, or collected garbage.
   */
  readonly workDoneMillis: number;
  readonly endMillis: number;
  readonly outcome: 'ok' | 'guard' | 'failed';
  readonly trips: readonly string[];
  /** Present in the instrumented bot. */
  readonly traceId?: string;
}

export interface RequestEntry {
  readonly verb: string;
  readonly api: string;
  readonly outcome: RequestOutcome;
  readonly startMillis: number;
  readonly endMillis: number;
}

export interface JournalJson {
  readonly ticks: readonly TickEntry[];
  readonly requests: readonly RequestEntry[];
  /** Updates that no tick looked at. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Entries beyond the first million, which are counted and not kept. */
  readonly droppedEntries: number;
}

/**
 * The bot's own record of what it did: plain arrays and its own clock reads, nothing shared with telemetry,
 * so that telemetry can be checked against it.
 */
export class Journal {
  readonly #ticks: TickEntry[] = [];
  readonly #requests: RequestEntry[] = [];
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  #droppedEntries = 0;

  tick(entry: TickEntry): void {
    if (this.#ticks.length < MAX_ENTRIES) this.#ticks.push(entry);
    else this.#droppedEntries += 1;
  }

  request(verb: string, api: string, outcome: RequestOutcome, startMillis: number, endMillis: number): void {
    if (this.#requests.length < MAX_ENTRIES) {
      this.#requests.push({ verb, api, outcome, startMillis, endMillis });
    } else {
      this.#droppedEntries += 1;
    }
  }

  skip(reason: SkipReason, count: number): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + count;
  }

  toJson(): JournalJson {
    return {
      ticks: this.#ticks,
      requests: this.#requests,
      skipped: this.#skipped,
      droppedEntries: this.#droppedEntries,
    };
  }
}
