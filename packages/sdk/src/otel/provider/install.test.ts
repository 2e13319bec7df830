import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  type ProxyTracerProvider,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import {
  DEFAULT_RECORDER_OPTIONS,
  DEFAULT_SPAN_LIMITS,
  Recorder,
  ScopeRecorder,
} from '@tickscope/core/internal';
import { afterEach, expect, test } from 'vitest';
import { installAmbient } from '../ambient.js';
import { TickscopeSpanProcessor } from '../span-processor.js';
import { installTracerProvider, type TracerProviderMode, uninstallTracerProvider } from './install.js';
import { RecordingSpan } from './recording-span.js';
import { spanRecorderOf } from './span-recorder.js';

afterEach(() => {
  trace.disable();
  context.disable();
});

function install(mode: TracerProviderMode) {
  const recorder = new Recorder({ ...DEFAULT_RECORDER_OPTIONS, key: Uint32Array.of(1, 2, 3, 4) });
  recorder.ambient = installAmbient(true);
  const warnings: string[] = [];
  installTracerProvider(recorder, {
    mode,
    limits: DEFAULT_SPAN_LIMITS,
    warn: (message) => warnings.push(message),
  });
  const isOurs = () => {
    const span = trace.getTracer('t').startSpan('a');
    return RecordingSpan.of(span, spanRecorderOf(recorder)) !== undefined;
  };
  return { recorder, warnings, isOurs };
}

function registerStock(): BasicTracerProvider {
  const stock = new BasicTracerProvider();
  trace.setGlobalTracerProvider(stock);
  return stock;
}

function delegate(): unknown {
  return (trace.getTracerProvider() as ProxyTracerProvider).getDelegate();
}

test('auto takes a free place, without a word, and gives it back', () => {
  const { recorder, warnings, isOurs } = install('auto');
  expect([isOurs(), warnings]).toEqual([true, []]);
  uninstallTracerProvider(recorder);
  expect(isOurs()).toBe(false);
  const stock = registerStock();
  expect(delegate()).toBe(stock);
});

test('auto leaves the place to another SDK, and says so once', () => {
  const stock = registerStock();
  const { recorder, warnings, isOurs } = install('auto');
  expect(isOurs()).toBe(false);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("tracerProvider: 'force'");
  uninstallTracerProvider(recorder);
  expect(delegate()).toBe(stock);
});

test('force replaces another SDK, and says so', () => {
  registerStock();
  const { warnings, isOurs } = install('force');
  expect([isOurs(), warnings.length]).toEqual([true, 1]);
});

test('off takes no place', () => {
  const { warnings, isOurs } = install('off');
  expect([isOurs(), warnings]).toEqual([false, []]);
});

test.each([
  ['auto', true],
  ['force', false],
] as const)('a span processor for a provider of the bot’s own: %s makes room: %s', (mode, makesRoom) => {
  const { recorder } = install(mode);
  const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
  new TickscopeSpanProcessor(new ScopeRecorder(recorder, {}, control));
  const stock = new BasicTracerProvider();
  expect(trace.setGlobalTracerProvider(stock)).toBe(makesRoom);
});

test('one SDK that comes later does not lose its place when ours is taken back', () => {
  const { recorder } = install('auto');
  trace.disable();
  const stock = registerStock();
  uninstallTracerProvider(recorder);
  expect(delegate()).toBe(stock);
});

test('beside a foreign context manager spans are active in its contexts', async () => {
  const storage = new AsyncLocalStorage<Context>();
  const foreign: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.apply(thisArg, args)) as never,
    bind: (_active, target) => target,
    enable: () => foreign,
    disable: () => foreign,
  };
  context.setGlobalContextManager(foreign);
  const { isOurs } = install('auto');
  expect(isOurs()).toBe(true);
  const tracer = trace.getTracer('t');
  await tracer.startActiveSpan('outer', async (outer) => {
    await Promise.resolve();
    expect(trace.getActiveSpan()).toBe(outer);
    expect(tracer.startSpan('inner').spanContext().traceId).toBe(outer.spanContext().traceId);
  });
});
