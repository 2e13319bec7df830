import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { context, createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { currentScope } from '@tickscope/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { register } from '../register.js';

const KEY = createContextKey('test');
const one = ROOT_CONTEXT.setValue(KEY, 1);
const two = ROOT_CONTEXT.setValue(KEY, 2);
const active = () => context.active().getValue(KEY);

beforeEach(() => {
  register({ pipeline: 'inline', prometheus: false });
});
afterEach(() => currentScope().shutdown());

describe('the context', () => {
  test('is the root one where nothing was set, and again after', () => {
    expect(context.active()).toBe(ROOT_CONTEXT);
    context.with(one, () => expect(context.active()).toBe(one));
    expect(context.active()).toBe(ROOT_CONTEXT);
  });

  test('nests, and comes back after a throw', () => {
    context.with(one, () => {
      expect(() =>
        context.with(two, () => {
          expect(active()).toBe(2);
          throw new Error('thrown');
        }),
      ).toThrow('thrown');
      expect(active()).toBe(1);
    });
  });

  test('passes arguments, `this` and the result on', () => {
    function add(this: { base: number }, a: number, b: number): number {
      return this.base + a + b;
    }
    expect(context.with(one, add, { base: 1 }, 2, 3)).toBe(6);
  });

  test('goes on over awaits, timers and concurrent flows', async () => {
    const flow = (value: typeof one) =>
      context.with(value, async () => {
        const seen = [active()];
        await null;
        seen.push(active());
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.push(active());
        await new Promise((resolve) => process.nextTick(() => setImmediate(resolve)));
        return [...seen, active()];
      });
    expect(await Promise.all([flow(one), flow(two)])).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ]);
  });

  test('around a tick reaches into it, and the tick into a context within', () => {
    const scope = currentScope();
    const baggage = propagation.createBaggage({ desk: { value: 'eu' } });
    context.with(propagation.setBaggage(one, baggage), () =>
      scope.tick((tick) => {
        const { spanId } = tick.spanContext();
        expect(active()).toBe(1);
        expect(propagation.getActiveBaggage()?.getEntry('desk')?.value).toBe('eu');
        context.with(context.active().setValue(KEY, 2), () => {
          expect(active()).toBe(2);
          expect(trace.getActiveSpan()?.spanContext().spanId).toBe(spanId);
          expect(scope.currentTick()).toBe(tick);
        });
        context.with(ROOT_CONTEXT, () => expect(scope.currentTick()).toBeUndefined());
        expect(scope.currentTick()).toBe(tick);
      }),
    );
  });
});

describe('a bound function', () => {
  test('runs in its context whenever it is called, with its arguments and its `this`', () => {
    const bound = context.bind(one, function (this: unknown, a: number, b: number) {
      return [active(), this, a, b];
    });
    const owner = { bound };
    expect(context.with(two, () => owner.bound(3, 4))).toEqual([1, owner, 3, 4]);
    expect(bound.length).toBe(2);
  });

  test('is the same thing where there is nothing to call', () => {
    const plain = { a: 1 };
    expect(context.bind(one, plain)).toBe(plain);
    expect(context.bind(one, null)).toBe(null);
    expect(context.bind(one, 5)).toBe(5);
  });
});

describe('a bound emitter', () => {
  const seen: unknown[] = [];
  const listen = (...args: unknown[]) => void seen.push([active(), ...args]);
  beforeEach(() => void seen.splice(0));

  test.each(['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'] as const)(
    'runs listeners of %s in its context, from wherever it emits',
    (add) => {
      const emitter = context.bind(one, new EventEmitter());
      emitter[add]('fill', listen);
      context.with(two, () => emitter.emit('fill', 'a', 'b'));
      expect(seen).toEqual([[1, 'a', 'b']]);
    },
  );

  test.each(['on', 'once', 'prependOnceListener'] as const)('lets go of what %s added', (add) => {
    const emitter = context.bind(one, new EventEmitter());
    emitter[add]('fill', listen);
    expect(emitter.listenerCount('fill', listen)).toBe(1);
    expect(emitter.listeners('fill')).toEqual([listen]);
    emitter.off('fill', listen);
    expect(emitter.listenerCount('fill')).toBe(0);
    expect(emitter.emit('fill')).toBe(false);
  });

  test('calls what is to run once, once, and counts it no longer', () => {
    const emitter = context.bind(one, new EventEmitter());
    emitter.once('fill', listen).once('fill', () => emitter.emit('fill', 'again'));
    emitter.emit('fill', 'first');
    expect(seen).toEqual([[1, 'first']]);
    expect(emitter.listenerCount('fill')).toBe(0);
  });

  test('keeps its order, its `this` and its chain', () => {
    const emitter = new EventEmitter();
    const order: string[] = [];
    emitter.on('fill', () => order.push('before'));
    expect(context.bind(one, emitter)).toBe(emitter);
    const chained = emitter
      .on('fill', function (this: unknown) {
        order.push(String(this === emitter));
      })
      .prependListener('fill', () => order.push('first'));
    expect(chained).toBe(emitter);
    emitter.emit('fill');
    expect(order).toEqual(['first', 'before', 'true']);
  });

  test('keeps its first context when it is bound again', () => {
    const emitter = context.bind(two, context.bind(one, new EventEmitter()));
    emitter.on('fill', listen).emit('fill');
    expect(seen).toEqual([[1]]);
  });

  test('refuses what is no listener, as Node.js does', () => {
    const emitter = context.bind(one, new EventEmitter());
    expect(() => emitter.on('fill', 5 as never)).toThrow(TypeError);
    expect(() => emitter.once('fill', undefined as never)).toThrow(TypeError);
  });

  test('may be a stream that is awaited', async () => {
    const stream = context.bind(one, new PassThrough());
    const chunks: unknown[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push([active(), String(chunk)]));
    stream.end('book');
    await once(stream, 'end');
    expect(chunks).toEqual([[1, 'book']]);
  });
});
