import { type ContextManager, trace } from '@opentelemetry/api';
import type { Recorder, SpanLimits } from '@tickscope/core/internal';
import { TickContextManager } from '../ambient.js';
import { spanRecorderOf } from './span-recorder.js';
import { TickscopeTracerProvider } from './tracer-provider.js';

/** What `register()` is to do about OpenTelemetry's global TracerProvider. */
export type TracerProviderMode = 'auto' | 'off' | 'force';

export interface TracerProviderOptions {
  readonly mode: TracerProviderMode;
  readonly limits: SpanLimits;
  readonly warn: (message: string) => void;
}

interface Installation {
  readonly provider: TickscopeTracerProvider;
  readonly mode: TracerProviderMode;
  readonly delegate: unknown;
}

const installations = new WeakMap<Recorder, Installation>();

/** Registers a TracerProvider of ours; beside another one, only if it is told to. Says once which it was. */
export function installTracerProvider(recorder: Recorder, options: TracerProviderOptions): void {
  const spans = spanRecorderOf(recorder);
  spans.limits = options.limits;
  const { mode, warn } = options;
  if (mode === 'off') return;
  if (registered('trace') !== undefined) {
    if (mode === 'auto') {
      warn(
        'another TracerProvider is registered with OpenTelemetry: spans of its API stay with it; ' +
          "tracerProvider: 'force' replaces it, 'off' says that this is meant (tracerProvider)",
      );
      return;
    }
    trace.disable();
    warn(
      "another TracerProvider was registered with OpenTelemetry and is replaced (tracerProvider: 'force')",
    );
  }
  const { ambient } = recorder;
  const isOurs =
    ambient instanceof TickContextManager && registered('context') === (ambient as ContextManager);
  const provider = new TickscopeTracerProvider({ spans, manager: isOurs ? ambient : undefined });
  trace.setGlobalTracerProvider(provider);
  installations.set(recorder, { provider, mode, delegate: registered('trace') });
}

/** Leaves the place to whoever registers next. Spans of tracers that were handed out are still recorded. */
export function uninstallTracerProvider(recorder: Recorder): void {
  const installation = installations.get(recorder);
  if (installation === undefined) return;
  installations.delete(recorder);
  if (registered('trace') === installation.delegate) trace.disable();
}

/**
 * A bot that puts our SpanProcessor into a provider of its own is going to register that one: ours was there by
 * default only, and makes room.
 */
export function yieldTracerProvider(recorder: Recorder): void {
  if (installations.get(recorder)?.mode === 'auto') uninstallTracerProvider(recorder);
}

/** What OpenTelemetry's API holds in its place for all copies of it; asking the API itself would make one. */
function registered(what: 'context' | 'trace'): unknown {
  const registry = (globalThis as Record<symbol, Record<string, unknown> | undefined>)[
    Symbol.for('opentelemetry.js.api.1')
  ];
  return registry?.[what];
}
