import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  type SpanContext,
  type SpanKind,
  trace,
} from '@opentelemetry/api';
import { checkedOptions, type OptionChecks } from '../checked-options.js';
import { ParentDecision } from './parent-decision.js';
import { samplerCheck } from './record-always-sampler.js';
import { NOT_RECORD, type SamplerLike, type SamplingAnswer } from './sampler.js';

/** As OpenTelemetry's ParentBasedSampler has them; each default is to do as the parent did. */
export interface ConsistentParentSamplerOptions {
  /** For spans without a valid parent. */
  readonly root: SamplerLike;
  readonly remoteParentSampled?: SamplerLike;
  readonly remoteParentNotSampled?: SamplerLike;
  readonly localParentSampled?: SamplerLike;
  readonly localParentNotSampled?: SamplerLike;
}

const CHECKS: OptionChecks<ConsistentParentSamplerOptions> = {
  root: samplerCheck,
  remoteParentSampled: samplerCheck,
  remoteParentNotSampled: samplerCheck,
  localParentSampled: samplerCheck,
  localParentNotSampled: samplerCheck,
};

const FLAG_SAMPLED = 1;

/**
 * A sampler for each kind of parent: none, remote or local, sampled or not. Where none is given, a span does as its
 * parent did, and the threshold in the tracestate (`ot=th:…`) goes on only where it is the reason for that, so that a
 * backend's extrapolation stays right. Spans that are not sampled are not recorded, as OpenTelemetry has it; put the
 * whole into RecordAlwaysSampler to change that.
 * https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased
 */
export class ConsistentParentSampler {
  readonly #options: ConsistentParentSamplerOptions;
  readonly #parentDecision = new ParentDecision();

  /** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every option that is wrong. */
  constructor(options: ConsistentParentSamplerOptions) {
    // A root that is missing is refused as well as one that is wrong.
    const given = { ...options, root: options?.root ?? null };
    this.#options = checkedOptions('ConsistentParentSampler', given, CHECKS);
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingAnswer {
    const parent = trace.getSpanContext(context);
    const isRoot = parent === undefined || !isSpanContextValid(parent);
    const sampler = isRoot ? this.#options.root : this.#ofParent(parent);
    if (sampler === undefined) return this.#parentDecision.of(parent as SpanContext, NOT_RECORD);
    return sampler.shouldSample(context, traceId, spanName, spanKind, attributes, links) as SamplingAnswer;
  }

  toString(): string {
    const options = Object.entries(this.#options).map(([kind, sampler]) => `${kind}=${sampler}`);
    return `ConsistentParentSampler{${options.join(', ')}}`;
  }

  #ofParent({ traceFlags, isRemote }: SpanContext): SamplerLike | undefined {
    const isSampled = (traceFlags & FLAG_SAMPLED) !== 0;
    if (isRemote) {
      return isSampled ? this.#options.remoteParentSampled : this.#options.remoteParentNotSampled;
    }
    return isSampled ? this.#options.localParentSampled : this.#options.localParentNotSampled;
  }
}
