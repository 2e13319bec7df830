/**
 * The public contract of a scope and its ticks. The recorder implements it, and so does the no-op that
 * `currentScope()` returns before `register()`: no method is ever missing.
 */
import type { EndOutcome, RequestOutcome, SkipOutcome } from './outcomes.js';
import type { AttributeValue } from './records.js';

export type Mode = 'off' | 'metrics' | 'sampled' | 'full';

/**
 * What OpenTelemetry's log correlation calls them. All three, or none where there is no span to name. A new object on
 * every call, the caller's to keep and to add to: pino assigns a line's own fields to what its mixin returns.
 */
export interface LogFields {
  /** 32 hex digits. */
  readonly trace_id?: string;
  /** 16 hex digits. */
  readonly span_id?: string;
  /** Two hex digits, W3C trace flags. */
  readonly trace_flags?: string;
}

/** Shape of OpenTelemetry's TraceState: the entries of a W3C `tracestate`. Immutable. */
export interface TraceStateEntries {
  get(key: string): string | undefined;
  /** With this entry, which is then the first. */
  set(key: string, value: string): TraceStateEntries;
  unset(key: string): TraceStateEntries;
  /** As the header has it. */
  serialize(): string;
}

/** Shape of OpenTelemetry's SpanContext, without depending on it. */
export interface TickSpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
  /** That of the remote parent; of a trace that begins here, the ratio's threshold where that selected it. */
  readonly traceState?: TraceStateEntries;
}

/** A span elsewhere that a tick continues, for example a SpanContext that a propagator has extracted. */
export interface ParentContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** W3C trace flags, 0 to 255. Flags that W3C has no meaning for are not carried on. */
  readonly traceFlags: number;
  /** Carried on to everything that has the tick as its parent; up to 512 characters of it are exported. */
  readonly traceState?: TraceStateEntries | undefined;
}

export interface TickOptions {
  /** What the tick is about, for example `BTC-USD`. Label-like: few distinct values. */
  readonly symbol?: string;
  /** A `performance.now()` value in milliseconds at which the tick's cause arrived; waiting since is a span `wait`. */
  readonly startedAt?: number;
  /** Overrides the loop's deadline for this tick, milliseconds. */
  readonly deadlineMs?: number;
  /** A remote span that this tick continues. One that is invalid is ignored and counted. */
  readonly parent?: ParentContext | undefined;
}

/** A handle on a stage (or on any span of a tick). */
export interface Stage<S extends string = string> extends Disposable {
  /** Runs `fn` as a child stage; synchronous in, synchronous out; a throw is recorded and rethrown untouched. */
  stage<T>(name: S | (string & {}), fn: (stage: Stage<S>) => T): T;
  start(name: S | (string & {})): Stage<S>;
  setAttribute(key: string, value: AttributeValue): this;
  end(): void;
  fail(error?: unknown): void;
  spanContext(): TickSpanContext;
  logFields(): LogFields;
}

export interface Tick<S extends string = string, G extends string = string> extends Disposable {
  /** Ends the stage that began at the last lap (or at `begin`) and names it. One clock read. */
  lap(stage: S): void;
  /** Runs `fn` as a stage; synchronous in, synchronous out; a throw is recorded and rethrown untouched. */
  stage<T>(stage: S, fn: (stage: Stage<S>) => T): T;
  /** Starts a stage that the caller ends: `using span = tick.start('spread')`. */
  start(stage: S): Stage<S>;
  /** Marks and counts; does not end the tick. Every call counts. */
  guardTrip(reason: G): void;
  /** Up to 62 records (spans, events, attributes) travel with a tick; what a limit drops is counted. */
  setAttribute(key: string, value: AttributeValue): this;
  /** Times a request as a span of this tick and in `mm_exchange_req_ms`. */
  exchangeRequest<T>(verb: string, api: string, fn: (request: Request) => T): T;
  /** Makes this tick the ambient one while `fn` runs, and for everything asynchronous that it starts. */
  run<T>(fn: () => T): T;
  /** A function that runs as `run` would have it, whenever it is called. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Ends the tick. Outcome precedence: failed > guard > the argument > ok. A second call is ignored and counted. */
  end(outcome?: EndOutcome): void;
  /** Ends the tick as failed. */
  fail(error?: unknown): void;
  spanContext(): TickSpanContext;
  logFields(): LogFields;
}

/** Given to the body of `exchangeRequest`, for outcomes that the caller knows better. */
export interface Request {
  outcome(outcome: RequestOutcome): void;
  setAttribute(key: string, value: AttributeValue): this;
  /** Of the request's own span: the parent of what the other side does. */
  spanContext(): TickSpanContext;
}

/** A loop: its own stages, guard reasons and deadline. The scope itself is the default loop. */
export interface Loop<S extends string = string, G extends string = string> {
  begin(options?: TickOptions): Tick<S, G>;
  tick<T>(fn: (tick: Tick<S, G>) => T): T;
  tick<T>(options: TickOptions, fn: (tick: Tick<S, G>) => T): T;
  /** Counts a tick that did not run. */
  skip(outcome: SkipOutcome, symbol?: string, count?: number): void;
}

export interface LoopOptions<S extends string = string, G extends string = string> {
  readonly stages?: readonly S[];
  readonly guardReasons?: readonly G[];
  readonly deadlineMs?: number;
}

export interface Scope<S extends string = string, G extends string = string> extends Loop<S, G> {
  loop<const S2 extends string, const G2 extends string = G>(
    name: string,
    options?: LoopOptions<S2, G2>,
  ): Loop<S2, G2>;
  measure<T>(operation: string, fn: () => T): T;
  exchangeRequest<T>(verb: string, api: string, fn: (request: Request) => T): T;
  dbQuery<T>(operation: string, table: string, fn: () => T): T;
  /** The ambient tick: inside `scope.tick(fn)` or `tick.run(fn)`, across awaits and timers. */
  currentTick(): Tick<S, G> | undefined;
  /** Of the ambient tick, or stage where stages are ambient; empty outside one. Never throws. */
  logFields(): LogFields;
  setMode(mode: Mode): void;
  /** 0…1, from the next tick on. Below 1 it turns mode `full` into `sampled`; anything else is ignored and counted. */
  setSampleRatio(ratio: number): void;
  /** Base URL of the HTTP server, for example `http://127.0.0.1:9464`; undefined when there is none. */
  readonly address: Promise<string | undefined>;
  /** Resolves when everything recorded before the call was exported or counted as lost, or after the time limit. */
  flush(): Promise<void>;
  /** Flushes, stops the pipeline; the scope goes on as a no-op. */
  shutdown(): Promise<void>;
}
