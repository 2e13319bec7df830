/**
 * Any sequence of calls on a tick, made on the recorder and on a model side by side: what is read of shared
 * memory must be what the model has. See `tick-model.test.fixture.ts`.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Stage, Tick } from './api.js';
import { clock, startClock, stopClock } from './clock.test.fixture.js';
import type { EndOutcome } from './outcomes.js';
import { Recording } from './recording.test.fixture.js';
import type { AttributeValue, SpanRecord, TickRecord } from './records.js';
import { renderSpan } from './span-tree.test.fixture.js';
import { type ModelSpan, TickModel } from './tick-model.test.fixture.js';

type Step =
  | { readonly do: 'lap' | 'start'; readonly stage: string }
  /** A stage with a body, on the tick or on the stage that the bot is in; `waits`: it goes on asynchronously. */
  | {
      readonly do: 'stage';
      readonly stage: string;
      readonly onHandle: boolean;
      readonly body: readonly Step[];
      readonly waits: boolean;
      readonly throws: boolean;
    }
  /** Several asynchronous stages at once. */
  | { readonly do: 'all'; readonly bodies: readonly (readonly Step[])[] }
  | { readonly do: 'end' | 'fail'; readonly which: number }
  | { readonly do: 'trip'; readonly reason: string }
  | {
      readonly do: 'attribute';
      readonly key: string;
      readonly value: AttributeValue;
      readonly onHandle: boolean;
    }
  | { readonly do: 'request'; readonly result: RequestResult; readonly waits: boolean }
  | { readonly do: 'pass'; readonly millis: number }
  | { readonly do: 'close'; readonly outcome: EndOutcome | 'failed' | undefined };

type RequestResult = 'ok' | 'rejected' | 429 | 503 | 'throws';

const REQUEST_OUTCOMES: Readonly<Record<string, string>> = {
  ok: 'ok',
  rejected: 'rejected',
  429: 'rate_limited',
  503: 'http_error',
  throws: 'network_error',
};

const stage = fc.constantFrom('fetch_md', 'spread', 'guards', 'emit', 'undeclared');
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.double(),
  fc.boolean(),
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.integer({ min: 60, max: 300 }).map((length) => '🦀ab'.repeat(100).slice(0, length)),
);
const close: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('close'),
  outcome: fc.constantFrom(undefined, 'stale' as const, 'failed' as const, 'busy' as const),
});
const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ do: fc.constantFrom('lap', 'start'), stage }),
    fc.record({ do: fc.constantFrom('end', 'fail'), which: fc.nat(9) }),
    fc.record({ do: fc.constant('trip'), reason: fc.constantFrom('stale_book', 'max_position') }),
    fc.record({
      do: fc.constant('attribute'),
      key: fc.constantFrom('a', 'b', 'ключ'),
      value,
      onHandle: fc.boolean(),
    }),
    fc.record({
      do: fc.constant('request'),
      result: fc.constantFrom<RequestResult>('ok', 'rejected', 429, 503, 'throws'),
      waits: fc.boolean(),
    }),
    fc.record({ do: fc.constant('pass'), millis: fc.nat(10) }),
    fc.record({
      do: fc.constant('stage'),
      stage,
      onHandle: fc.boolean(),
      body: fc.oneof({ weight: 12, arbitrary: tie('steps') }, { weight: 1, arbitrary: fc.tuple(close) }),
      waits: fc.boolean(),
      throws: fc.boolean(),
    }),
    fc.record({ do: fc.constant('all'), bodies: fc.array(tie('steps'), { maxLength: 3 }) }),
  ) as fc.Arbitrary<Step>,
  steps: fc.array(tie('step'), { maxLength: 12 }),
}));
const many = fc.record({ times: fc.constantFrom(1, 1, 1, 4, 12), body: steps });

beforeEach(stopClock);
afterEach(startClock);

test('what is read of a tick is what was done in it', async () => {
  await fc.assert(
    fc.asyncProperty(
      many,
      close,
      steps,
      fc.constantFrom(-5, 0, 1, Number.NaN, undefined),
      fc.constantFrom(1, 15, 1e9),
      async ({ times, body }, end, after, startedAgo, deadlineMs) => {
        const run = new Run(startedAgo, deadlineMs);
        for (let time = 0; time < times; time++) await run.all(body);
        await run.all([end]);
        await run.all(after);
        run.check();
      },
    ),
    { numRuns: 200, interruptAfterTimeLimit: 30_000 },
  );
});

/** One tick of the recorder and of the model. */
class Run {
  readonly recording = new Recording();
  readonly model = new TickModel();
  readonly #tick: Tick;
  readonly #startMillis: number;
  readonly #deadlineMillis: number;
  readonly #handles: { handle: Stage; span: ModelSpan; stage: string }[] = [];

  constructor(startedAgo: number | undefined, deadlineMillis: number) {
    const startedAt = startedAgo === undefined ? undefined : clock.now + startedAgo;
    this.#tick = this.recording.scope.begin({
      symbol: 'BTC-USD',
      deadlineMs: deadlineMillis,
      ...(startedAt !== undefined && { startedAt }),
    });
    this.#deadlineMillis = deadlineMillis;
    this.#startMillis = clock.now;
    if (startedAt === undefined) return;
    if (!(startedAt <= clock.now)) this.model.anomaly('started_at_ignored');
    else if (startedAt < clock.now) {
      this.#startMillis = startedAt;
      this.model.lap('wait');
    }
  }

  async all(body: readonly Step[], handle?: Stage, span: ModelSpan = this.model.root): Promise<void> {
    for (const step of body) await this.#do(step, handle, span);
  }

  /** `handle` and `span`: the stage in whose body the step is, on both sides. */
  async #do(step: Step, handle: Stage | undefined, span: ModelSpan): Promise<void> {
    const { model } = this;
    const tick = this.#tick;
    switch (step.do) {
      case 'pass':
        clock.now += step.millis;
        return;
      case 'lap':
        tick.lap(step.stage);
        return model.lap(step.stage);
      case 'start':
        return this.#start(step.stage);
      case 'end':
      case 'fail':
        return this.#endOne(step.do, step.which);
      case 'trip':
        tick.guardTrip(step.reason);
        return model.trip(step.reason);
      case 'attribute': {
        const isOnHandle = step.onHandle && handle !== undefined;
        (isOnHandle ? handle : tick).setAttribute(step.key, step.value);
        return model.setAttribute(isOnHandle ? span : model.root, step.key, step.value);
      }
      case 'request':
        return this.#request(step.result, step.waits);
      case 'stage':
        return this.#stage(step, handle, span);
      case 'all':
        await Promise.all(
          step.bodies.map((body, at) => this.#stage({ ...PLAIN, stage: `venue ${at}`, body }, handle, span)),
        );
        return;
      case 'close':
        return this.#close(step.outcome);
    }
  }

  #start(stage: string): void {
    const { model } = this;
    const handle = this.#tick.start(stage);
    if (!model.isOpen) return model.anomaly('use_after_end');
    this.#handles.push({ handle, span: model.start(stage, model.current), stage });
  }

  #endOne(how: 'end' | 'fail', which: number): void {
    const own = this.#handles[which];
    if (own === undefined) return;
    if (how === 'end') {
      own.handle.end();
      this.model.end(own.span, own.stage);
    } else {
      own.handle.fail(new Error('by hand'));
      this.model.fail(own.span, own.stage, 'Error: by hand');
    }
  }

  async #stage(step: Step & { do: 'stage' }, handle: Stage | undefined, span: ModelSpan): Promise<void> {
    const { model } = this;
    const isOnHandle = step.onHandle && handle !== undefined;
    if (!model.isOpen) model.anomaly('use_after_end');
    const own = model.isOpen ? model.start(step.stage, isOnHandle ? span : model.current) : undefined;
    const outer = model.current;
    if (own !== undefined && model.isOpen) model.current = own.isRecorded ? own : isOnHandle ? span : outer;
    const error = new Error('thrown');
    const finish = (): void => {
      if (own === undefined || !own.isOpen) return;
      if (step.throws) model.fail(own, step.stage, 'Error: thrown');
      else model.end(own, step.stage);
    };
    const goOn = async (inner: Stage): Promise<void> => {
      await null;
      await this.all(step.body, inner, own);
      if (step.throws) throw error;
    };
    const body = (inner: Stage): unknown => {
      if (step.waits) return followedFirst(goOn(inner), finish);
      this.#allSync(step.body, inner, own);
      if (step.throws) throw error;
      return undefined;
    };
    let thrown: unknown;
    let result: unknown;
    try {
      result = (isOnHandle ? handle : this.#tick).stage(step.stage, body);
    } catch (caught) {
      thrown = caught;
    }
    if (model.isOpen) model.current = outer;
    if (!step.waits) finish();
    try {
      await result;
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(step.throws ? error : undefined);
  }

  /** The steps of a synchronous body: what is asynchronous in them goes on while the body is over. */
  #allSync(body: readonly Step[], handle: Stage, span: ModelSpan | undefined): void {
    for (const step of body) void this.#do(step, handle, span ?? this.model.root);
  }

  async #request(result: RequestResult, waits: boolean): Promise<void> {
    const { model } = this;
    // After the tick it is an operation on its own, which other tests see to.
    if (!model.isOpen) return;
    const parent = model.current;
    const error = new Error('no route');
    const answer = (): unknown => {
      if (result === 'throws') throw error;
      return typeof result === 'number' ? { status: result } : undefined;
    };
    const message = result === 'throws' ? 'Error: no route' : undefined;
    const finish = (): void => model.endRequest(parent, 'POST orders', REQUEST_OUTCOMES[result], message);
    try {
      const pending = this.#tick.exchangeRequest('POST', 'orders', (request) => {
        if (result === 'rejected') request.outcome('rejected');
        return waits ? followedFirst(Promise.resolve().then(answer), finish) : answer();
      });
      if (!waits) finish();
      await pending;
    } catch (caught) {
      if (!waits) finish();
      expect(caught).toBe(error);
    }
  }

  #close(outcome: EndOutcome | 'failed' | undefined): void {
    const { model } = this;
    const isMissed = clock.now - this.#startMillis > this.#deadlineMillis;
    if (outcome === 'failed') {
      this.#tick.fail(new Error('given up'));
      model.failRoot('Error: given up');
      return model.close('failed', isMissed);
    }
    this.#tick.end(outcome);
    model.close(model.isTripped ? 'guard' : (outcome ?? 'ok'), isMissed);
  }

  check(): void {
    const { recording, model } = this;
    const [tick] = recording.ticks;
    expect(renderTree(tick)).toEqual(renderModel(model));
    expect(recording.lateSpans.map(({ span }) => renderSpan(span))).toEqual(model.late);
    expect(new Set(recording.lateSpans.map(({ traceId }) => traceId)).size).toBeLessThanOrEqual(1);
    expect(Object.fromEntries(Object.entries(recording.anomalies))).toEqual(
      Object.fromEntries(model.anomalies),
    );
    expect(recording.counts.split('\n').sort()).toEqual(
      [...model.counts].map(([series, count]) => `${series} ${count}`).sort(),
    );
    for (const { startMillis, endMillis, parentIndex } of tick.spans) {
      const parent = tick.spans.find(({ index }) => index === parentIndex) ?? tick;
      expect(startMillis).toBeGreaterThanOrEqual(parent.startMillis);
      expect(endMillis).toBeGreaterThanOrEqual(startMillis);
      expect(endMillis).toBeLessThanOrEqual(tick.endMillis);
    }
  }
}

const PLAIN = { do: 'stage', onHandle: true, waits: true, throws: false } as const;

/** Has the model take note in the same turn as the recorder, just before it: the order decides what fits. */
function followedFirst<T>(promise: Promise<T>, note: () => void): Promise<T> {
  promise.then(note, note);
  return promise;
}

interface Tree {
  readonly label: string;
  readonly children: readonly Tree[];
}

/** Siblings in the order of their texts: when they started is not the model's to know. */
function lines({ label, children }: Tree, depth = 0): string[] {
  const rendered = children.map((child) => lines(child, depth + 1).join('\n')).sort();
  return ['  '.repeat(depth) + label, ...rendered];
}

function renderTree(tick: TickRecord): string[] {
  const treeOf = (span: SpanRecord): Tree => {
    const { verb: _verb, api: _api, ...attributes } = span.attributes;
    const outcome =
      span.requestOutcome === undefined || span.requestOutcome === 'ok' ? '' : ` ${span.requestOutcome}`;
    const name = span.kind === 'request' ? `request ${span.name}${outcome}` : span.name;
    return {
      label: labelOf(name, span.unfinished, span.error, Object.entries(attributes)),
      children: childrenOf(span.index),
    };
  };
  const childrenOf = (parent: number): Tree[] =>
    tick.spans.filter(({ parentIndex }) => parentIndex === parent).map(treeOf);
  const events = tick.events.map(({ attributes }) => `! ${attributes.reason}`);
  const root = labelOf(`dropped ${tick.droppedRecords}`, false, tick.error, Object.entries(tick.attributes));
  return [...lines({ label: root, children: childrenOf(0) }), ...events];
}

function renderModel({ root, events, dropped }: TickModel): string[] {
  const treeOf = (span: ModelSpan): Tree => ({
    label: labelOf(span.label, !span.isFinished, span.error, [...span.attributes]),
    children: span.children.map(treeOf),
  });
  const own = labelOf(`dropped ${Math.min(dropped, 255)}`, false, root.error, [...root.attributes]);
  return [
    ...lines({ label: own, children: root.children.map(treeOf) }),
    ...events.map((reason) => `! ${reason}`),
  ];
}

function labelOf(
  name: string,
  isUnfinished: boolean,
  error: string | undefined,
  attributes: readonly (readonly [string, AttributeValue])[],
): string {
  const texts = attributes.map(
    ([key, own]) => `${key}=${typeof own}:${Object.is(own, -0) ? '-0' : String(own)}`,
  );
  return [name, isUnfinished && 'unfinished', error !== undefined && `failed ${error}`, ...texts.sort()]
    .filter((part) => part !== false)
    .join(' | ');
}
