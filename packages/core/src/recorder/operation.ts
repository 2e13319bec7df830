import { performance } from 'node:perf_hooks';
import type { ParentContext, Request, TickSpanContext } from '../api.js';
import { METRICS } from '../catalogue/metrics.js';
import type { HistogramBlock } from '../memory/cell-writer.js';
import { recordHead } from '../memory/frame-writer.js';
import {
  C_MODE,
  F_CURRENT_WORD,
  F_DEADLINE,
  F_END,
  F_FLAGS_WORD,
  F_NEXT_INDEX_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_START,
  F_SUBJECT_WORD,
  FLAG_LATE,
  FLAG_STANDALONE,
  FRAME_HEADER_SLOTS,
  H_STAGING_AT,
  KIND_ERROR,
  KIND_OPERATION,
  KIND_QUERY,
  KIND_REQUEST,
  MODE_METRICS,
  RECORD_FAILED,
  RECORD_FLAGS_SHIFT,
  W_SEQUENCE,
} from '../memory/layout.js';
import { REQUEST_OUTCOMES, type RequestOutcome } from '../outcomes.js';
import type { AttributeValue } from '../records.js';
import { appendAttribute, appendParent, appendText, messageOf } from './details.js';
import type { AmbientSpan, TickHandle } from './handles.js';
import { contextOf } from './identity.js';
import { NO_NAME, nameText } from './names.js';
import { NOOP_REQUEST } from './noop.js';
import type { Recorder } from './recorder.js';
import { outcomeOfError, outcomeOfResponse } from './request-outcome.js';
import { follow, isThenable } from './thenable.js';

/** What a kind of operation adds to: its name, its histogram, its counters by outcome. */
export interface OperationDefinition {
  readonly kind: number;
  /** Double 2 of the record, its parent the root. */
  readonly head: number;
  readonly series: HistogramBlock;
  /** Double indexes by outcome code. */
  readonly outcomeCells: Int32Array;
}

const MAX_DEFINITIONS = 1_024;
const QUERY_STATUSES = ['ok', 'error'] as const;
const NO_CELLS = new Int32Array(0);

/** The operations that a recorder has seen, by their two names. */
export class OperationTable {
  readonly #recorder: Recorder;
  readonly #known = new Map<string, OperationDefinition>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  request(givenVerb: string, givenApi: string): OperationDefinition {
    const verb = nameText(givenVerb);
    const api = nameText(givenApi);
    return this.#known.get(`${KIND_REQUEST} ${verb}\0${api}`) ?? this.#defineRequest(verb, api);
  }

  query(givenOperation: string, givenTable: string): OperationDefinition {
    const operation = nameText(givenOperation);
    const table = nameText(givenTable);
    return this.#known.get(`${KIND_QUERY} ${operation}\0${table}`) ?? this.#defineQuery(operation, table);
  }

  operation(givenName: string): OperationDefinition {
    const name = nameText(givenName);
    return this.#known.get(`${KIND_OPERATION} ${name}`) ?? this.#defineOperation(name);
  }

  #defineRequest(verb: string, api: string): OperationDefinition {
    const labels = [['verb', verb] as const, ['api', api] as const];
    const { series } = this.#recorder;
    const { name, family } = METRICS.exchangeRequestDuration;
    return this.#remember(`${KIND_REQUEST} ${verb}\0${api}`, {
      kind: KIND_REQUEST,
      head: recordHead(this.#recorder.names.pairId(verb, api), KIND_REQUEST),
      series: series.histogram(name, family, labels),
      outcomeCells: Int32Array.from(REQUEST_OUTCOMES, (outcome) =>
        series.scalar(METRICS.exchangeRequests.name, 'counter', [...labels, ['outcome', outcome]]),
      ),
    });
  }

  #defineQuery(operation: string, table: string): OperationDefinition {
    const labels = [['operation', operation] as const, ['table', table] as const];
    const { series } = this.#recorder;
    const { name, family } = METRICS.databaseDuration;
    return this.#remember(`${KIND_QUERY} ${operation}\0${table}`, {
      kind: KIND_QUERY,
      head: recordHead(this.#recorder.names.pairId(operation, table), KIND_QUERY),
      series: series.histogram(name, family, labels),
      outcomeCells: Int32Array.from(QUERY_STATUSES, (status) =>
        series.scalar(METRICS.databaseQueries.name, 'counter', [...labels, ['status', status]]),
      ),
    });
  }

  #defineOperation(operation: string): OperationDefinition {
    const { name, family } = METRICS.operationDuration;
    return this.#remember(`${KIND_OPERATION} ${operation}`, {
      kind: KIND_OPERATION,
      head: recordHead(this.#recorder.names.id(operation), KIND_OPERATION),
      series: this.#recorder.series.histogram(name, family, [['operation', operation]]),
      outcomeCells: NO_CELLS,
    });
  }

  #remember(key: string, definition: OperationDefinition): OperationDefinition {
    if (this.#known.size < MAX_DEFINITIONS) this.#known.set(key, definition);
    return definition;
  }
}

/** An operation under way, of an open tick or of none. Its record is written when it ends. */
class Operation implements Request {
  readonly #recorder: Recorder;
  readonly #definition: OperationDefinition;
  readonly #tick: TickHandle | undefined;
  /** The tick's, which its handle forgets when it is recycled. */
  readonly #remoteParent: ParentContext | undefined;
  readonly #sequence: number;
  readonly #parent: number;
  readonly #index: number;
  readonly #start: number;
  #outcome: RequestOutcome | undefined = undefined;
  #attributes: [string, AttributeValue][] | undefined = undefined;

  constructor(
    recorder: Recorder,
    tick: TickHandle | undefined,
    parent: number,
    definition: OperationDefinition,
  ) {
    this.#recorder = recorder;
    this.#definition = definition;
    const { i32, f64 } = recorder;
    if (tick !== undefined && tick.at >= 0) {
      const word = tick.at * 2;
      this.#tick = tick;
      this.#sequence = tick.currentSequence;
      this.#parent = parent >= 0 ? parent : i32[word + F_CURRENT_WORD];
      this.#index = i32[word + F_NEXT_INDEX_WORD]++ & 0xffff;
    } else if (tick !== undefined && tick.sequence > 0) {
      // An ambient tick that has ended: its trace goes on.
      this.#tick = tick;
      this.#sequence = tick.sequence;
      this.#parent = Math.max(parent, 0);
      this.#index = tick.takeLateIndex();
    } else {
      this.#tick = undefined;
      this.#sequence = f64[W_SEQUENCE] + 1;
      f64[W_SEQUENCE] = this.#sequence;
      this.#parent = 0;
      this.#index = 0;
    }
    this.#remoteParent = this.#tick?.parent;
    this.#start = performance.now();
  }

  outcome(outcome: RequestOutcome): void {
    if (REQUEST_OUTCOMES.includes(outcome)) this.#outcome = outcome;
    else this.#recorder.count('arguments_ignored');
  }

  setAttribute(key: string, value: AttributeValue): this {
    this.#attributes ??= [];
    if (this.#attributes.length < 16) this.#attributes.push([key, value]);
    else this.#recorder.count('details_tick_limit');
    return this;
  }

  spanContext(): TickSpanContext {
    return contextOf(this.#recorder, this.#sequence, this.#index, this.#remoteParent);
  }

  succeed(response: unknown): void {
    // What is no request is none of our business.
    const isRequest = this.#definition.kind === KIND_REQUEST;
    this.#finish(this.#outcome ?? (isRequest ? outcomeOfResponse(response) : 'ok'), undefined);
  }

  fail(error: unknown): void {
    // Before anything is written: an error's getter is the bot's code and may call the recorder.
    const message = messageOf(error);
    this.#finish(this.#outcome ?? outcomeOfError(error), message);
  }

  /** @param message of what was thrown, if anything was. */
  #finish(outcome: RequestOutcome, message: string | undefined): void {
    const recorder = this.#recorder;
    const { i32, f64 } = recorder;
    const { kind, series, outcomeCells } = this.#definition;
    const now = performance.now();
    recorder.recordDuration(series, now - this.#start);
    const code = kind === KIND_REQUEST ? REQUEST_OUTCOMES.indexOf(outcome) : message === undefined ? 0 : 1;
    if (outcomeCells.length > 0) f64[outcomeCells[code]]++;
    const tick = this.#tick;
    // By the sequence: handle, slot and the slot's generation may all come back together for another tick.
    const isInTick = tick !== undefined && tick.at >= 0 && tick.currentSequence === this.#sequence;
    // An open tick is traced as its mode was at begin.
    if (!isInTick && i32[C_MODE] <= MODE_METRICS) return;
    const at = isInTick ? tick.at : this.#stage(now);
    const record = recorder.placeSpan(at);
    if (record >= 0) {
      f64[record] = this.#start;
      f64[record + 1] = now;
      f64[record + 2] = this.#definition.head;
      if (message !== undefined) i32[record * 2 + 4] |= RECORD_FAILED << RECORD_FLAGS_SHIFT;
      i32[record * 2 + 5] = this.#parent;
      i32[record * 2 + 6] = this.#index | (code << 16);
      i32[record * 2 + 7] = 0;
      recorder.commitSpan(at);
      if (message !== undefined) {
        appendText(recorder, at, KIND_ERROR, NO_NAME, this.#index, message);
      }
      for (const [key, value] of this.#attributes ?? []) {
        appendAttribute(recorder, at, this.#index, key, value);
      }
    }
    if (!isInTick) recorder.publish(at, false);
  }

  /** The operation outlived its tick, or had none: it travels as a frame of its own. */
  #stage(now: number): number {
    const { i32, f64 } = this.#recorder;
    const at = i32[H_STAGING_AT] / 8;
    const word = at * 2;
    i32[word + F_SIZE_WORD] = FRAME_HEADER_SLOTS;
    i32[word + F_FLAGS_WORD] = this.#tick === undefined ? FLAG_STANDALONE : FLAG_LATE;
    i32[word + F_SUBJECT_WORD] = 0;
    f64[at + F_SEQUENCE] = this.#sequence;
    f64[at + F_START] = this.#start;
    f64[at + F_END] = now;
    f64[at + F_DEADLINE] = Number.POSITIVE_INFINITY;
    if (this.#remoteParent !== undefined) appendParent(this.#recorder, at, this.#remoteParent);
    if (this.#tick !== undefined) this.#recorder.count('ended_late');
    return at;
  }
}

/** Whether an operation goes unseen: off, and no tick is open that began before. */
export function isUnseen(recorder: Recorder, span: AmbientSpan | undefined): boolean {
  if (!recorder.isOff) return false;
  const tick = span?.kind === 'stage' ? span.tick : span;
  return tick === undefined || tick.at < 0;
}

/** Of a stage the operation is a child; of a tick, a child of what is synchronously open. */
function newOperation(
  recorder: Recorder,
  span: AmbientSpan | undefined,
  definition: OperationDefinition,
): Operation {
  if (span?.kind === 'stage') return new Operation(recorder, span.tick, span.index, definition);
  return new Operation(recorder, span, -1, definition);
}

/** Runs a body as an operation: synchronous in, synchronous out; a throw is recorded and rethrown untouched. */
export function runOperation<T>(
  recorder: Recorder,
  span: AmbientSpan | undefined,
  definition: OperationDefinition,
  fn: (request: Request) => T,
): T {
  return watch(newOperation(recorder, span, definition), fn);
}

export function runRequest<T>(
  recorder: Recorder,
  span: AmbientSpan | undefined,
  verb: string,
  api: string,
  fn: (request: Request) => T,
): T {
  if (isUnseen(recorder, span)) return fn(NOOP_REQUEST);
  const definition = recorder.operations.request(verb, api);
  return watch(newOperation(recorder, span, definition), fn);
}

function watch<T>(operation: Operation, fn: (request: Request) => T): T {
  let result: T;
  try {
    result = fn(operation);
  } catch (error) {
    operation.fail(error);
    throw error;
  }
  if (!isThenable(result)) {
    operation.succeed(result);
    return result;
  }
  return follow(
    result,
    (value) => {
      operation.succeed(value);
      return value;
    },
    (error: unknown) => {
      operation.fail(error);
      throw error;
    },
  );
}
