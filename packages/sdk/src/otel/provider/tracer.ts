import { performance } from 'node:perf_hooks';
import {
  type Context,
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type AmbientSpan,
  C_MODE,
  F_FLAGS_WORD,
  FLAG_API_SPANS,
  loadThreshold,
  MODE_FULL,
  MODE_METRICS,
  type Recorder,
  randomnessOf,
} from '@tickscope/core/internal';
import { ActiveSpan } from '../active-span.js';
import type { TickContextManager } from '../ambient.js';
import { SPAN_KEY, SpanLayer } from '../context-layers.js';
import { LocalTrace, NO_THRESHOLD } from './local-trace.js';
import { RecordingSpan } from './recording-span.js';
import { nameOf } from './span-details.js';
import { NO_PARENT, type ParentSpan, SpanDraft } from './span-draft.js';
import type { SpanRecorder } from './span-recorder.js';
import { spanTime } from './time-input.js';
import { UnsampledSpan } from './unsampled-span.js';

/** Set by OpenTelemetry's own exporters around their requests. */
const SUPPRESSED_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const MAX_KIND = 4;
const NO_OPTIONS: SpanOptions = {};

/** What tracers of one provider share. */
export interface TracerHome {
  readonly spans: SpanRecorder;
  /** Ours where it is the one that OpenTelemetry's API uses: asked directly, it makes no Context of a tick. */
  readonly manager: TickContextManager | undefined;
}

/** Makes spans of one instrumentation scope. No method throws but what a callback throws. */
export class TickscopeTracer implements Tracer {
  readonly #home: TracerHome;
  readonly #spans: SpanRecorder;
  readonly #recorder: Recorder;
  readonly #scope: string;

  /** @param scope `name \0 version \0 schema URL`. */
  constructor(home: TracerHome, scope: string) {
    this.#home = home;
    this.#spans = home.spans;
    this.#recorder = home.spans.recorder;
    this.#scope = scope;
  }

  startSpan(name: string, options?: SpanOptions, given?: Context): Span {
    try {
      return this.#start(name, options ?? NO_OPTIONS, given);
    } catch {
      // A getter of the options threw, or a foreign context or span did.
      this.#spans.losses.ignored();
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    second?: F | SpanOptions,
    third?: F | Context,
    fourth?: F,
  ): ReturnType<F> | undefined {
    if (typeof second === 'function') return this.#run(name, undefined, undefined, second);
    if (typeof third === 'function') return this.#run(name, second, undefined, third);
    if (typeof fourth === 'function') return this.#run(name, second, third, fourth);
    this.#spans.losses.ignored();
    return undefined;
  }

  #run<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions | undefined,
    given: Context | undefined,
    fn: F,
  ): ReturnType<F> {
    const parent = given === undefined || isContext(given) ? given : undefined;
    const span = this.startSpan(name, options, parent);
    const { manager } = this.#home;
    if (manager === undefined) {
      const active = new SpanLayer(parent ?? context.active(), span);
      return context.with(active, fn as (span: Span) => ReturnType<F>, undefined, span);
    }
    return manager.runIn(new SpanLayer(parent ?? manager.active(), span), fn, span) as ReturnType<F>;
  }

  #start(name: string, options: SpanOptions, given: Context | undefined): Span {
    const { manager } = this.#home;
    const store = given ?? manager?.store() ?? context.active();
    const now = performance.now();
    if ('getValue' in store) {
      if (store.getValue(SUPPRESSED_KEY) === true) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
      const parent = options.root === true ? undefined : store.getValue(SPAN_KEY);
      return this.#below(parent, name, options, now);
    }
    return options.root === true ? this.#root(name, options, now) : this.#inTick(store, name, options, now);
  }

  #below(parent: unknown, name: string, options: SpanOptions, now: number): Span {
    if (parent === undefined) return this.#root(name, options, now);
    const recording = RecordingSpan.of(parent, this.#spans);
    if (recording !== undefined) return this.#child(recording.trace, recording.asParent, name, options, now);
    const unsampled = UnsampledSpan.of(parent, this.#spans);
    if (unsampled !== undefined) return new UnsampledSpan(this.#spans, unsampled.trace, 0);
    if (parent instanceof ActiveSpan && parent.recorder === this.#recorder) {
      return this.#inTick(parent.ambient, name, options, now);
    }
    const given = (parent as Span).spanContext();
    return isSpanContextValid(given)
      ? this.#continue(given, name, options, now)
      : this.#root(name, options, now);
  }

  /** Outside a tick: the ratio decides, consistently with ticks and other services. */
  #root(name: string, options: SpanOptions, now: number): Span {
    const spans = this.#spans;
    const { i32, key, lane } = this.#recorder;
    const sequence = spans.takeSequence();
    const mode = i32[C_MODE];
    const threshold = mode === MODE_FULL ? 0 : loadThreshold(i32);
    const isSampled =
      mode > MODE_METRICS && (threshold === 0 || randomnessOf(key, lane, sequence) >= threshold);
    const origin = spans.origin.microsAt(now);
    const local = LocalTrace.begun(sequence, isSampled ? threshold : NO_THRESHOLD, origin);
    if (!isSampled) return new UnsampledSpan(spans, local, sequence);
    return this.#record(local, NO_PARENT, sequence, name, options, now);
  }

  /** Below a span of another tracer or process, whose decision is respected. */
  #continue(parent: SpanContext, name: string, options: SpanOptions, now: number): Span {
    const local = LocalTrace.continued(parent, this.#spans.origin.microsAt(now));
    const { spanId, isRemote } = parent;
    if (!local.isSampled) return new UnsampledSpan(this.#spans, local, 0);
    return this.#child(
      local,
      { sequence: 0, index: 0, spanId, isRemote: isRemote === true },
      name,
      options,
      now,
    );
  }

  /** Recorded whatever the ratio says: the worker decides with the tick. */
  #inTick(ambient: AmbientSpan, name: string, options: SpanOptions, now: number): Span {
    const tick = ambient.kind === 'stage' ? ambient.tick : ambient;
    const sequence = tick.currentSequence;
    if (!(sequence > 0)) return this.#root(name, options, now);
    const local = LocalTrace.ofTick(tick, sequence, this.#spans.origin.microsAt(now));
    const index = ambient.kind === 'stage' ? ambient.index : 0;
    return this.#child(local, { sequence, index, spanId: '', isRemote: false }, name, options, now);
  }

  #child(local: LocalTrace, parent: ParentSpan, name: string, options: SpanOptions, now: number): Span {
    const { i32 } = this.#recorder;
    if (i32[C_MODE] <= MODE_METRICS) return new UnsampledSpan(this.#spans, local, 0);
    const { tick } = local;
    if (tick !== undefined && tick.at >= 0) i32[tick.at * 2 + F_FLAGS_WORD] |= FLAG_API_SPANS;
    return this.#record(local, parent, this.#spans.takeSequence(), name, options, now);
  }

  #record(
    local: LocalTrace,
    parent: ParentSpan,
    sequence: number,
    name: string,
    options: SpanOptions,
    now: number,
  ): Span {
    const spans = this.#spans;
    const { kind = 0, attributes, links, startTime } = options;
    const text = typeof name === 'string' && name.length <= 128 ? name : nameOf(spans, name);
    const isKnownKind = Number.isInteger(kind) && kind >= 0 && kind <= MAX_KIND;
    let start = startTime === undefined || startTime === null ? now : spanTime(startTime, now);
    if (start === undefined || !isKnownKind) spans.losses.ignored();
    start ??= now;
    const span = new RecordingSpan(
      spans,
      new SpanDraft(local, parent, sequence, this.#scope, text, isKnownKind ? kind : 0, start),
    );
    if (attributes !== undefined) span.setAttributes(attributes);
    if (links !== undefined) span.addLinks(links);
    return span;
  }
}

/** The body is to run whatever it was given as a context. */
function isContext(given: unknown): given is Context {
  try {
    return given instanceof SpanLayer || typeof (given as Context).getValue === 'function';
  } catch {
    return false;
  }
}
