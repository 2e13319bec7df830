/**
 * The ambient tick inside OpenTelemetry's context. Where nobody has registered a ContextManager, ours carries
 * the tick itself and makes a Context of it only when somebody asks; beside a foreign one, the tick travels
 * in its contexts.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type Ambient, type AmbientSpan, runInStorage } from '@tickscope/core/internal';
import { registered } from './api-registry.js';
import { bindEmitter, isEmitter } from './context/bound-emitter.js';
import { AMBIENT_KEY, AmbientLayer } from './context-layers.js';

/**
 * Our ContextManager. The storage is made when something first runs in it: on Node 20 the first `run` of an
 * AsyncLocalStorage slows every promise of the process.
 */
export class TickContextManager implements ContextManager, Ambient {
  #storage: AsyncLocalStorage<Context | AmbientSpan> | undefined;

  run<A, T>(span: AmbientSpan, fn: (argument: A) => T, argument: A): T {
    this.#storage ??= new AsyncLocalStorage();
    const outer = this.#storage.getStore();
    // Baggage and other values of a surrounding context go on; the usual tick has none and allocates none.
    const store = outer !== undefined && isContext(outer) ? new AmbientLayer(outer, span) : span;
    return runInStorage<Context | AmbientSpan, A, T>(this.#storage, store, fn, argument);
  }

  current(): AmbientSpan | undefined {
    const store = this.#storage?.getStore();
    if (store === undefined || !isContext(store)) return store;
    return store.getValue(AMBIENT_KEY) as AmbientSpan | undefined;
  }

  /** What is active, without making a Context of a tick. */
  store(): Context | AmbientSpan | undefined {
    return this.#storage?.getStore();
  }

  /** `with` for one argument and no `this`. */
  runIn<A, T>(active: Context, fn: (argument: A) => T, argument: A): T {
    this.#storage ??= new AsyncLocalStorage();
    return runInStorage<Context | AmbientSpan, A, T>(this.#storage, active, fn, argument);
  }

  active(): Context {
    const store = this.#storage?.getStore();
    if (store === undefined) return ROOT_CONTEXT;
    return isContext(store) ? store : new AmbientLayer(ROOT_CONTEXT, store);
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.#storage ??= new AsyncLocalStorage();
    return this.#storage.run(active, () => fn.apply(thisArg, args));
  }

  bind<T>(active: Context, target: T): T {
    if (isEmitter(target)) return bindEmitter(target, (listener) => this.bind(active, listener));
    if (typeof target !== 'function') return target;
    const manager = this;
    function bound(this: unknown, ...args: unknown[]) {
      return manager.with(active, target as never, this as never, ...(args as never[]));
    }
    // Frameworks tell handlers apart by how many arguments they take.
    Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
    return bound as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage?.disable();
    this.#storage = undefined;
    return this;
  }
}

/** Beside a ContextManager that somebody else has registered. */
class ForeignAmbient implements Ambient {
  run<A, T>(span: AmbientSpan, fn: (argument: A) => T, argument: A): T {
    return context.with(new AmbientLayer(context.active(), span), () => fn(argument));
  }

  current(): AmbientSpan | undefined {
    return context.active().getValue(AMBIENT_KEY) as AmbientSpan | undefined;
  }
}

function isContext(store: Context | AmbientSpan): store is Context {
  return 'getValue' in store;
}

/** Registers our ContextManager if there is none; without leave to do so, or beside another, adapts. */
export function installAmbient(mayRegister: boolean): Ambient {
  if (registered('context') !== undefined) return new ForeignAmbient();
  const manager = new TickContextManager();
  if (mayRegister) context.setGlobalContextManager(manager);
  return manager;
}

export function uninstallAmbient(ambient: Ambient): void {
  if (ambient instanceof TickContextManager && registered('context') === ambient) context.disable();
}
