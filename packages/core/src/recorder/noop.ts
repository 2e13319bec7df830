import type { LogFields, Loop, Request, Scope, Stage, Tick, TickOptions, TickSpanContext } from '../api.js';
import { INVALID_SPAN_ID, INVALID_TRACE_ID } from '../ids.js';

const CONTEXT: TickSpanContext = Object.freeze({
  traceId: INVALID_TRACE_ID,
  spanId: INVALID_SPAN_ID,
  traceFlags: 0,
});
/** What a request's body gets while telemetry is off. */
export const NOOP_REQUEST: Request = Object.freeze({
  outcome() {},
  setAttribute() {
    return this as Request;
  },
  spanContext() {
    return CONTEXT;
  },
});

/** A stage that records nothing. */
class NoopStage implements Stage {
  stage<T>(_name: string, fn: (stage: Stage) => T): T {
    return fn(this);
  }
  start(): Stage {
    return this;
  }
  setAttribute(): this {
    return this;
  }
  end(): void {}
  fail(): void {}
  spanContext(): TickSpanContext {
    return CONTEXT;
  }
  logFields(): LogFields {
    return {};
  }
  [Symbol.dispose](): void {}
}

const NOOP_STAGE = new NoopStage();

/** What `begin()` returns while telemetry is off: the same methods, no effect. */
export class NoopTick implements Tick {
  lap(): void {}
  stage<T>(_stage: string, fn: (stage: Stage) => T): T {
    return fn(NOOP_STAGE);
  }
  start(): Stage {
    return NOOP_STAGE;
  }
  guardTrip(): void {}
  setAttribute(): this {
    return this;
  }
  exchangeRequest<T>(_verb: string, _api: string, fn: (request: Request) => T): T {
    return fn(NOOP_REQUEST);
  }
  run<T>(fn: () => T): T {
    return fn();
  }
  bind<F extends (...args: never[]) => unknown>(fn: F): F {
    return fn;
  }
  end(): void {}
  fail(): void {}
  spanContext(): TickSpanContext {
    return CONTEXT;
  }
  logFields(): LogFields {
    return {};
  }
  [Symbol.dispose](): void {}
}

export const NOOP_TICK = new NoopTick();

class NoopLoop implements Loop {
  begin(): Tick {
    return NOOP_TICK;
  }
  tick<T>(optionsOrFn: TickOptions | ((tick: Tick) => T), fn?: (tick: Tick) => T): T {
    return typeof optionsOrFn === 'function' ? optionsOrFn(NOOP_TICK) : (fn as (tick: Tick) => T)(NOOP_TICK);
  }
  skip(): void {}
}

/** A scope that records nothing: before `register()`, after `shutdown()`, and where telemetry is disabled. */
export class NoopScope extends NoopLoop implements Scope {
  readonly address = Promise.resolve(undefined);
  loop(): Loop<never, never> {
    return new NoopLoop() as Loop<never, never>;
  }
  measure<T>(_operation: string, fn: () => T): T {
    return fn();
  }
  exchangeRequest<T>(_verb: string, _api: string, fn: (request: Request) => T): T {
    return fn(NOOP_REQUEST);
  }
  dbQuery<T>(_operation: string, _table: string, fn: () => T): T {
    return fn();
  }
  currentTick(): undefined {
    return undefined;
  }
  logFields(): LogFields {
    return {};
  }
  setMode(): void {}
  setSampleRatio(): void {}
  async flush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

export const NOOP_SCOPE: Scope = new NoopScope();
