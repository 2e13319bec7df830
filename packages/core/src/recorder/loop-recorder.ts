import type { Loop, LoopOptions, ParentContext, TickOptions } from '../api.js';
import { METRICS } from '../catalogue/metrics.js';
import { recordHead } from '../memory/frame-writer.js';
import { D_LOOP, KIND_STAGE, KIND_WAIT } from '../memory/layout.js';
import { type SkipOutcome, TICK_OUTCOMES } from '../outcomes.js';
import { NEVER_RECYCLED } from './handle-pool.js';
import type { TickHandle } from './handles.js';
import { nameText } from './names.js';
import { NOOP_TICK, type NoopTick } from './noop.js';
import type { Recorder } from './recorder.js';
import type { Labels } from './series.js';
import { SymbolLoops } from './symbol-loops.js';
import { follow, isThenable } from './thenable.js';

export interface StageDefinition {
  readonly name: string;
  /** Double index of the histogram's block. */
  readonly block: number;
  /** Double 2 of a stage's record whose parent is the root. */
  readonly head: number;
  /** The stage that is expected after this one: the one declared next. */
  next: StageDefinition;
}

export interface GuardDefinition {
  readonly nameId: number;
  /** Double index of the counter. */
  readonly cell: number;
}

/** What one symbol's ticks have of their own is labelled; the rest is the loop's. */
interface SymbolShare {
  readonly loop: LoopRecorder;
  readonly labels: Labels;
}

const ROOT_STAGE = 'tick_total';
const WAIT_STAGE = 'wait';
const OTHER_STAGE = 'other';
/** A name that no lap is meant by: waiting is recorded by the tick itself. */
const NOBODYS_STAGE = '\0wait';
export const DEFAULT_LOOP = '';

const NO_OPTIONS: TickOptions = {};

const SKIPPABLE: ReadonlySet<string> = new Set<SkipOutcome>([
  'stale',
  'busy',
  'throttled',
  'coalesced',
  'warming_up',
  'paused',
]);

/** A `startedAt` older than this is ignored and counted. */
const MAX_WAIT_MILLIS = 60_000;

/** One loop's stages, guard reasons and counters: where everything that a tick measures is to be added. */
export class LoopRecorder<S extends string = string, G extends string = string> implements Loop<S, G> {
  readonly recorder: Recorder;
  readonly id: number;
  readonly deadlineMillis: number;
  readonly stages = new Map<string, StageDefinition>();
  readonly guards: Map<string, GuardDefinition>;
  /** Double index of the histogram of whole ticks. */
  readonly total: number;
  readonly wait: StageDefinition;
  /** Double index of the miss counter. */
  readonly missCell: number;
  /** Double index of each outcome's counter, by outcome code. */
  readonly outcomeCells: Int32Array;
  #expected: StageDefinition;
  readonly #labels: Labels;
  /** Of what symbols are told apart by: stages, whole ticks and misses. */
  readonly #symbolLabels: Labels;
  /** Undefined unless symbols are told apart. */
  readonly #symbols: SymbolLoops | undefined;

  /** @param share of a loop, one symbol's: what is then created. */
  constructor(recorder: Recorder, id: number, name: string, options: LoopOptions<S, G>, share?: SymbolShare) {
    this.recorder = recorder;
    this.id = id;
    this.deadlineMillis = Number.POSITIVE_INFINITY;
    if (options.deadlineMs !== undefined) this.deadlineMillis = this.checkedDeadline(options.deadlineMs);
    this.#labels = name === DEFAULT_LOOP ? [] : [['loop', name]];
    this.#symbolLabels = [...(share?.labels ?? []), ...this.#labels];
    const { series } = recorder;
    if (share === undefined) this.#announce(name, options.stages ?? []);
    this.total = this.#histogramOf(ROOT_STAGE);
    this.missCell = series.scalar(METRICS.deadlineMisses.name, 'counter', [
      ['stage', ROOT_STAGE],
      ...this.#symbolLabels,
    ]);
    this.outcomeCells = share?.loop.outcomeCells ?? this.#outcomeCells();
    this.wait = this.#define(NOBODYS_STAGE, WAIT_STAGE, KIND_WAIT);
    for (const stage of options.stages ?? []) this.defineStage(stage);
    this.#expected = [...this.stages.values()][0] ?? this.wait;
    this.guards = share?.loop.guards ?? new Map();
    for (const reason of options.guardReasons ?? []) this.defineGuard(reason);
    if (share === undefined && recorder.symbolLimit > 0) {
      this.#symbols = new SymbolLoops(recorder, (labels) => this.#ofSymbol(name, labels));
    }
  }

  #announce(name: string, stages: readonly S[]): void {
    const { definitions } = this.recorder;
    const deadline = Number.isFinite(this.deadlineMillis) ? String(this.deadlineMillis) : '';
    const texts = [nameText(name), deadline, ...stages.map(nameText)];
    if (!definitions.append(D_LOOP, this.id, 0, texts.join('\0'))) this.recorder.count('names_overflow');
  }

  #outcomeCells(): Int32Array {
    const { series } = this.recorder;
    return Int32Array.from(TICK_OUTCOMES, (outcome) =>
      series.scalar(METRICS.ticks.name, 'counter', [['outcome', outcome], ...this.#labels]),
    );
  }

  /** The stages that are known by now have their series from the start, as a loop's declared ones. */
  #ofSymbol(name: string, labels: Labels): LoopRecorder {
    const { deadlineMillis } = this;
    const options = {
      stages: [...this.stages.keys()],
      ...(Number.isFinite(deadlineMillis) && { deadlineMs: deadlineMillis }),
    };
    const share = { loop: this as unknown as LoopRecorder, labels };
    return new LoopRecorder(this.recorder, this.id, name, options, share);
  }

  /** Where a tick on this symbol is added up: the loop itself unless symbols are told apart. */
  loopOf(symbol: string | undefined): LoopRecorder {
    const symbols = this.#symbols;
    // An empty label is an absent one to Prometheus: two series of the same name.
    const isAlone = symbols === undefined || symbol === undefined || symbol === '';
    return isAlone ? (this as unknown as LoopRecorder) : symbols.of(symbol);
  }

  /**
   * Takes the options apart and nothing more, itself: it is then inlined before anything else is, and a literal at
   * the call site is never allocated.
   */
  begin(options: TickOptions = NO_OPTIONS): TickHandle<S, G> {
    let symbol: string | undefined;
    let startedAt: number | undefined;
    let deadlineMs: number | undefined;
    let parent: ParentContext | undefined;
    try {
      ({ symbol, startedAt, deadlineMs, parent } = options);
    } catch {
      // Null, or a getter that threw.
      this.recorder.count('arguments_ignored');
    }
    return this.#open(symbol, startedAt, deadlineMs, parent, true);
  }

  #beginAmbient(options: TickOptions): TickHandle<S, G> {
    let symbol: string | undefined;
    let startedAt: number | undefined;
    let deadlineMs: number | undefined;
    let parent: ParentContext | undefined;
    try {
      ({ symbol, startedAt, deadlineMs, parent } = options);
    } catch {
      // Null, or a getter that threw.
      this.recorder.count('arguments_ignored');
    }
    return this.#open(symbol, startedAt, deadlineMs, parent, false);
  }

  #open(
    symbol: string | undefined,
    startedAt: number | undefined,
    deadlineMs: number | undefined,
    parent: ParentContext | undefined,
    isPooled: boolean,
  ): TickHandle<S, G> {
    const { recorder } = this;
    // The no-op has the same methods; what a bot sees is the Tick interface.
    if (recorder.isOff) return NOOP_TICK as NoopTick as unknown as TickHandle<S, G>;
    // Ambient ticks are never recycled: whatever still refers to one later finds it closed.
    const tick = isPooled ? recorder.ticks.take() : new recorder.Tick(NEVER_RECYCLED);
    tick.open(this.loopOf(symbol), symbol, startedAt, deadlineMs, parent);
    return tick as TickHandle<S, G>;
  }

  tick<T>(fn: (tick: TickHandle<S, G>) => T): T;
  tick<T>(options: TickOptions, fn: (tick: TickHandle<S, G>) => T): T;
  tick<T>(
    optionsOrFn: TickOptions | ((tick: TickHandle<S, G>) => T),
    body?: (tick: TickHandle<S, G>) => T,
  ): T {
    const options = typeof optionsOrFn === 'function' ? undefined : optionsOrFn;
    const fn = (typeof optionsOrFn === 'function' ? optionsOrFn : body) as (tick: TickHandle<S, G>) => T;
    const recorder = this.recorder;
    if (recorder.isOff) return fn(NOOP_TICK as NoopTick as unknown as TickHandle<S, G>);
    const tick = this.#beginAmbient(options ?? NO_OPTIONS);
    let result: T;
    try {
      result = recorder.ambient.run(tick as TickHandle, fn as (tick: TickHandle) => T, tick as TickHandle);
    } catch (error) {
      tick.settle(true, error);
      throw error;
    }
    if (!isThenable(result)) {
      tick.settle(false, undefined);
      return result;
    }
    return follow(
      result,
      (value) => {
        tick.settle(false, undefined);
        return value;
      },
      (error: unknown) => {
        tick.settle(true, error);
        throw error;
      },
    );
  }

  skip(outcome: SkipOutcome, _symbol?: string, count = 1): void {
    const recorder = this.recorder;
    if (recorder.isOff) return;
    if (!SKIPPABLE.has(outcome) || !(Number.isSafeInteger(count) && count >= 0)) {
      return recorder.count('arguments_ignored');
    }
    recorder.f64[this.outcomeCells[TICK_OUTCOMES.indexOf(outcome)]] += count;
  }

  /**
   * Bots run their stages in the declared order: comparing with the expected one costs a pointer comparison,
   * a look-up in the map 4 ns.
   */
  stageOf(stage: string): StageDefinition {
    const expected = this.#expected;
    const definition = expected.name === stage ? expected : this.#lookUp(stage);
    this.#expected = definition.next;
    return definition;
  }

  #lookUp(stage: string): StageDefinition {
    return this.stages.get(stage) ?? this.defineStage(stage);
  }

  guardOf(reason: string): GuardDefinition {
    return this.guards.get(reason) ?? this.defineGuard(reason);
  }

  defineStage(stage: string): StageDefinition {
    // Their series are the recorder's own; a stage of that name would be added to them.
    const isReserved = stage === ROOT_STAGE || stage === WAIT_STAGE;
    if (isReserved) this.recorder.count('arguments_ignored');
    const definition = this.#define(stage, isReserved ? OTHER_STAGE : stage, KIND_STAGE);
    // A name from outside the types may be anything; the map is bounded like the table behind it.
    if (this.stages.size >= MAX_STAGES) return definition;
    const last = [...this.stages.values()].at(-1);
    if (last !== undefined) {
      definition.next = last.next;
      last.next = definition;
    }
    this.stages.set(stage, definition);
    return definition;
  }

  /** @param name what the bot calls it; `stage`: what it is recorded as. */
  #define(name: string, stage: string, kind: number): StageDefinition {
    const head = recordHead(this.recorder.names.id(stage), kind);
    const definition = { name, block: this.#histogramOf(stage), head } as StageDefinition;
    definition.next = definition;
    return definition;
  }

  defineGuard(reason: string): GuardDefinition {
    const labels = [['reason', reason] as const, ...this.#labels];
    const definition = {
      nameId: this.recorder.names.id(reason),
      cell: this.recorder.series.scalar(METRICS.guardTrips.name, 'counter', labels),
    };
    if (this.guards.size < MAX_STAGES) this.guards.set(reason, definition);
    return definition;
  }

  /** Where `start` lies that a caller gave: NaN when it is unusable, which is counted. */
  checkedStart(startedAt: number, now: number): number {
    const isUsable = typeof startedAt === 'number' && startedAt <= now && now - startedAt <= MAX_WAIT_MILLIS;
    if (isUsable) return startedAt;
    this.recorder.count('started_at_ignored');
    return Number.NaN;
  }

  checkedDeadline(deadlineMs: number): number {
    if (typeof deadlineMs === 'number' && deadlineMs > 0) return deadlineMs;
    this.recorder.count('deadline_ignored');
    return this.deadlineMillis;
  }

  #histogramOf(stage: string): number {
    const { series, stageFamily } = this.recorder;
    const labels = [['stage', stage] as const, ...this.#symbolLabels];
    return series.histogram(METRICS.stageDuration.name, stageFamily.name, labels).at;
  }
}

const MAX_STAGES = 1_024;
