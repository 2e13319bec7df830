import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => unknown;
type Bind = <T extends Listener>(listener: T) => T;

const bound = new WeakSet<EventEmitter>();

/**
 * From now on, listeners that are added to this emitter run as `bind` has it: what libraries that instrument HTTP ask
 * a ContextManager for. Those that are there already stay as they are. Once bound, an emitter keeps its first
 * binding.
 *
 * A wrapper names the listener that it stands for as Node.js's own of `once` does, so that `off`, `listeners` and
 * `listenerCount` find it.
 */
export function bindEmitter<E extends EventEmitter>(emitter: E, bind: Bind): E {
  if (bound.has(emitter) || !Object.isExtensible(emitter)) return emitter;
  bound.add(emitter);
  const own = emitter as unknown as Record<string, (event: string | symbol, listener: unknown) => E>;
  const { on, addListener, prependListener } = own;

  for (const [name, add] of Object.entries({ on, addListener, prependListener })) {
    own[name] = (event, listener) =>
      add.call(emitter, event, isListener(listener) ? namedAfter(listener, bind(listener)) : listener);
  }
  for (const [name, add] of Object.entries({ once: on, prependOnceListener: prependListener })) {
    own[name] = (event, listener) => {
      if (!isListener(listener)) return add.call(emitter, event, listener);
      const run = bind(listener);
      const once = namedAfter(listener, function (this: unknown, ...args: unknown[]) {
        emitter.removeListener(event, once);
        return run.apply(this, args);
      });
      return add.call(emitter, event, once);
    };
  }
  return emitter;
}

export function isEmitter(target: unknown): target is EventEmitter {
  const { on, removeListener } = (target ?? {}) as Partial<EventEmitter>;
  return typeof target === 'object' && typeof on === 'function' && typeof removeListener === 'function';
}

function isListener(listener: unknown): listener is Listener {
  return typeof listener === 'function';
}

function namedAfter(listener: Listener, wrapper: Listener): Listener {
  return Object.assign(wrapper, { listener });
}
