/**
 * What the pipeline says over HTTP: the JSON of `/health` and `/api/*`. The page, the command line and the
 * tests know the pipeline by these types alone.
 */

/** A loss-ledger balance, in spans. recorded = exported + notExported + sampledOut + sum(dropped) + sum(inFlight). */
export interface LedgerJson {
  readonly recorded: number;
  /** Acknowledged by the backend with 2xx, and not said to be rejected. */
  readonly exported: number;
  /** Kept, but no endpoint is configured. */
  readonly notExported: number;
  readonly sampledOut: number;
  /** By reason, for example `ring_full`, `export_queue_full`, `export_failed`, `rejected`, `span_budget`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** By place: `ring`, `hold_back`, `export_queue`, `exporting`; each counted independently. */
  readonly inFlight: Readonly<Record<string, number>>;
}

export interface StageSummaryJson {
  readonly stage: string;
  readonly loop: string | null;
  readonly count: number;
  readonly sumMillis: number;
  readonly maxMillis: number;
  /** Null when the series is empty. */
  readonly p50Millis: number | null;
  readonly p95Millis: number | null;
  readonly p99Millis: number | null;
  readonly p999Millis: number | null;
}

/** `GET /api/snapshot`: totals since the start of the process. */
export interface SnapshotJson {
  readonly service: string;
  readonly instance: string;
  readonly pid: number;
  readonly nodeVersion: string;
  /** Unix milliseconds at which this answer was made. */
  readonly nowUnixMillis: number;
  readonly uptimeMillis: number;
  /** Of the thread that records most; each in `threads`. */
  readonly mode: 'off' | 'metrics' | 'sampled' | 'full';
  /** The highest of the threads'; each in `threads`. */
  readonly sampleRatio: number;
  /** Milliseconds since a tick last began or ended in any thread; null before the first. */
  readonly lastTickAgeMillis: number | null;
  readonly openTicks: number;
  /** The trading threads that run, the one that owns the pipeline first. */
  readonly threads: readonly ThreadJson[];
  readonly parallelSymbols: number;
  /** `tick_total` first, then the declared stages in order, then others by name. */
  readonly stages: readonly StageSummaryJson[];
  /** The last window of about 10 s, same order: what the live plots show. */
  readonly recent: { readonly windowMillis: number; readonly stages: readonly StageSummaryJson[] };
  readonly ticksByOutcome: Readonly<Record<string, number>>;
  readonly deadlineMisses: number;
  /** Declared deadlines by loop (`''` is the default loop); a loop without one is absent. */
  readonly deadlineMillisByLoop: Readonly<Record<string, number>>;
  readonly guardTrips: Readonly<Record<string, number>>;
  readonly requests: readonly {
    readonly verb: string;
    readonly api: string;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly p50Millis: number | null;
    readonly p95Millis: number | null;
    readonly p99Millis: number | null;
  }[];
  /** Kept ticks by reason; a tick kept for two reasons counts in both. */
  readonly keptBy: Readonly<Record<string, number>>;
  readonly keptTicks: number;
  readonly ledger: LedgerJson;
  readonly stuck: readonly StuckTickJson[];
}

export interface ThreadJson {
  /** As `node:worker_threads` numbers them; 0 is the main thread. */
  readonly threadId: number;
  readonly mode: SnapshotJson['mode'];
  readonly sampleRatio: number;
  /** Milliseconds since a tick last began or ended in this thread; null before the first. */
  readonly lastTickAgeMillis: number | null;
  readonly openTicks: number;
}

/** `GET /api/history`: the recent percentiles of the last minutes, one point a second; all columns equally long. */
export interface HistoryJson {
  readonly timesUnixMillis: readonly number[];
  /** Ticks that ran, all loops, since the start of the process. */
  readonly ticks: readonly number[];
  readonly deadlineMisses: readonly number[];
  readonly stages: readonly {
    readonly stage: string;
    readonly loop: string | null;
    /** Null where the stage did not run in the window. */
    readonly p50Millis: readonly (number | null)[];
    readonly p95Millis: readonly (number | null)[];
    readonly p99Millis: readonly (number | null)[];
  }[];
}

export interface StuckTickJson {
  readonly traceId: string;
  readonly symbol: string | null;
  readonly loop: string | null;
  /** The stage that is open, or, in lap style, the declared stage after the last finished one; null if unknown. */
  readonly stage: string | null;
  readonly ageMillis: number;
  readonly deadlineMillis: number | null;
}

/** `GET /health` and `/ready`; status 503 when `status` is `unhealthy`. */
export interface HealthJson {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly reasons: readonly string[];
  readonly lastTickAgeMillis: number | null;
  readonly stuck: readonly StuckTickJson[];
  readonly openTicks: number;
  readonly uptimeMillis: number;
  /** When and why traces last could not be exported, however long ago; null before the first time. */
  readonly lastExportFailure: { readonly ageMillis: number; readonly message: string } | null;
}

export interface KeptTickSummaryJson {
  readonly traceId: string;
  readonly startUnixMillis: number;
  readonly durationMillis: number;
  readonly symbol: string | null;
  readonly loop: string | null;
  readonly outcome: string;
  readonly missed: boolean;
  readonly unfinished: boolean;
  readonly keptBy: readonly string[];
  readonly guardReasons: readonly string[];
  /** The stage with the largest own share of the tick. */
  readonly slowestStage: string | null;
  /** exported: acknowledged by the backend, which may have rejected single spans; not_exported: no endpoint; queued; dropped. */
  readonly exportState: 'exported' | 'not_exported' | 'queued' | 'dropped';
}

/** `GET /api/ticks?limit=100&reason=deadline_miss`: newest first. */
export interface KeptTicksJson {
  readonly ticks: readonly KeptTickSummaryJson[];
  /** Ticks in the store; the answer holds at most `limit` (default 100, at most 1000) of them. */
  readonly stored: number;
}

/** `GET /api/ticks/<traceId>`; 404 when it is no longer in the store. Times are milliseconds from the tick's start. */
export interface KeptTickJson extends KeptTickSummaryJson {
  readonly deadlineMillis: number | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly error: string | null;
  readonly spans: readonly {
    readonly spanId: string;
    readonly parentSpanId: string;
    readonly name: string;
    readonly kind: string;
    readonly startMillis: number;
    readonly durationMillis: number;
    readonly unfinished: boolean;
    readonly error: string | null;
    readonly attributes: Readonly<Record<string, string | number | boolean>>;
  }[];
  readonly events: readonly {
    readonly name: string;
    readonly timeMillis: number;
    readonly attributes: Readonly<Record<string, string | number | boolean>>;
  }[];
  readonly rootSpanId: string;
}

/** Why a tick was kept; the most important reason first: where there is not room for all, the last give way. */
export const KEEP_REASONS = [
  'deadline_miss',
  'failure',
  'guard_trip',
  'unfinished',
  'golden',
  'ratio',
] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];
