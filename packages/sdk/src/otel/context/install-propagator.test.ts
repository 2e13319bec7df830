import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { currentScope } from '@tickscope/core';
import { afterEach, expect, test, vi } from 'vitest';
import type { RegisterOptions } from '../../config/options.js';
import { register } from '../../register.js';
import { installPropagator } from './install-propagator.js';

const REGISTRATION = Symbol.for('tickscope.registration.v1');
const QUIET: RegisterOptions = { pipeline: 'inline', prometheus: false };
const FIELDS = ['traceparent', 'tracestate', 'baggage'];

afterEach(async () => {
  vi.unstubAllEnvs();
  await currentScope().shutdown();
  // A disabled scope has nothing to shut down.
  delete (globalThis as Record<symbol, unknown>)[REGISTRATION];
  propagation.disable();
  context.disable();
});

test('register() makes the process read W3C headers, and shutdown() leaves it as it was', async () => {
  const scope = register(QUIET);
  expect(propagation.fields()).toEqual(FIELDS);
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const parent = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
  scope.tick({ parent }, (tick) => expect(tick.spanContext().traceId).toBe('a'.repeat(32)));
  await scope.shutdown();
  expect(propagation.fields()).toEqual([]);
});

test('writes nothing unless a host is named, not even of an ambient tick', () => {
  const scope = register(QUIET);
  const carrier = {};
  scope.tick(() => propagation.inject(context.active(), carrier));
  expect(carrier).toEqual({});
});

test('writes the ambient tick where anywhere is allowed', () => {
  const scope = register({ ...QUIET, propagateTo: ['*'] });
  const carrier: { traceparent?: string; tracestate?: string } = {};
  scope.tick((tick) => {
    propagation.inject(context.active(), carrier);
    const { traceId, spanId } = tick.spanContext();
    expect(carrier).toEqual({ traceparent: `00-${traceId}-${spanId}-03`, tracestate: 'ot=th:0' });
  });
});

test("never takes another's place, at its start or at its end", async () => {
  const other = new W3CTraceContextPropagator();
  propagation.setGlobalPropagator(other);
  const scope = register(QUIET);
  expect(propagation.fields()).toEqual(other.fields());
  await scope.shutdown();
  expect(propagation.fields()).toEqual(other.fields());
});

test('does not remove one that was registered after it', () => {
  const uninstall = installPropagator(['baggage'], []);
  propagation.disable();
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  uninstall();
  expect(propagation.fields()).toEqual(['traceparent', 'tracestate']);
});

test.each<[options: RegisterOptions, environment: Record<string, string>, fields: string[]]>([
  [{ propagators: ['baggage'] }, {}, ['baggage']],
  [{ propagators: [] }, {}, []],
  [{}, { OTEL_PROPAGATORS: 'tracecontext' }, ['traceparent', 'tracestate']],
  [{}, { OTEL_PROPAGATORS: 'none' }, []],
  [{ propagators: ['baggage'] }, { OTEL_PROPAGATORS: 'none' }, ['baggage']],
  // The specification keeps propagators when the SDK is disabled.
  [{}, { OTEL_SDK_DISABLED: 'true' }, FIELDS],
  [{}, { OTEL_SDK_DISABLED: 'true', OTEL_PROPAGATORS: 'baggage' }, ['baggage']],
  [{ enabled: false }, {}, []],
])('with %j and %j reads %j', (options, environment, fields) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  register({ ...QUIET, ...options });
  expect(propagation.fields()).toEqual(fields);
});
