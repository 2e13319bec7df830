/**
 * Contexts that say which span is active, for what is made with every span: OpenTelemetry's own copies its map of
 * values, twice for a tick. Keys are those of its API, which makes them by `Symbol.for` so that copies of it agree.
 */
import { type Context, createContextKey } from '@opentelemetry/api';
import type { AmbientSpan } from '@tickscope/core/internal';
import { ActiveSpan } from './active-span.js';

export const SPAN_KEY = createContextKey('OpenTelemetry Context Key SPAN');
export const AMBIENT_KEY = createContextKey('tickscope ambient span');

/** Another context in which this span is active. Never over a layer of its kind: chains would only grow. */
export class SpanLayer implements Context {
  readonly #base: Context;
  readonly #span: unknown;

  constructor(base: Context, span: unknown) {
    this.#base = base instanceof SpanLayer ? base.#base : base;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === SPAN_KEY ? this.#span : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === SPAN_KEY
      ? new SpanLayer(this.#base, value)
      : new SpanLayer(this.#base.setValue(key, value), this.#span);
  }

  deleteValue(key: symbol): Context {
    return key === SPAN_KEY
      ? new SpanLayer(this.#base, undefined)
      : new SpanLayer(this.#base.deleteValue(key), this.#span);
  }

  /** The context below, in which what is active is of no interest. */
  static baseOf(context: Context): Context {
    if (context instanceof SpanLayer) return SpanLayer.baseOf(context.#base);
    return context instanceof AmbientLayer ? context.base : context;
  }
}

/** Another context within a tick or stage, whose span is made when somebody asks for it. */
export class AmbientLayer implements Context {
  readonly base: Context;
  readonly #ambient: AmbientSpan;
  #span: ActiveSpan | undefined;

  constructor(base: Context, ambient: AmbientSpan) {
    this.base = SpanLayer.baseOf(base);
    this.#ambient = ambient;
  }

  getValue(key: symbol): unknown {
    if (key === AMBIENT_KEY) return this.#ambient;
    if (key !== SPAN_KEY) return this.base.getValue(key);
    this.#span ??= new ActiveSpan(this.#ambient);
    return this.#span;
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN_KEY) return new SpanLayer(this, value);
    return new AmbientLayer(this.base.setValue(key, value), this.#ambient);
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN_KEY) return new SpanLayer(this, undefined);
    return new AmbientLayer(this.base.deleteValue(key), this.#ambient);
  }
}
