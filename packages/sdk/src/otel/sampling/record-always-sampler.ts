import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import { accept, type Check, reject } from '../../config/check.js';
import { show } from '../../config/show.js';
import { refuseUnless } from '../checked-options.js';
import { isSampler, NOT_RECORD, RECORD, type SamplerLike, type SamplingAnswer } from './sampler.js';

/**
 * Any sampler, of the stock SDK or the bot's own, with one thing changed: what it would not record is recorded without
 * the sampled flag. Span processors then see every span, exporters what the sampler chose. StageRatioSampler does so by
 * itself. https://opentelemetry.io/docs/specs/otel/trace/sdk/#alwaysrecord
 */
export class RecordAlwaysSampler {
  readonly #delegate: SamplerLike;

  /** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG` for what is not a sampler. */
  constructor(delegate: SamplerLike) {
    refuseUnless('RecordAlwaysSampler delegate', samplerCheck(delegate));
    this.#delegate = delegate;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingAnswer {
    const answer = this.#delegate.shouldSample(context, traceId, spanName, spanKind, attributes, links);
    return (answer.decision === NOT_RECORD ? { ...answer, decision: RECORD } : answer) as SamplingAnswer;
  }

  toString(): string {
    return `RecordAlwaysSampler{${this.#delegate}}`;
  }
}

export const samplerCheck: Check<SamplerLike> = (value) =>
  isSampler(value) ? accept(value) : reject('a sampler', show(value));
