import {
  type AttributeLosses,
  bindSpanEncoder,
  DEFAULT_SPAN_LIMITS,
  type Recorder,
  type SpanEncoder,
  type SpanLimits,
  SpanTexts,
  takeSequence,
} from '@tickscope/core/internal';
import { WallOrigin } from './wall-origin.js';

/** What spans of the API share on one thread: where they are written, their limits, what is counted. */
export class SpanRecorder {
  readonly recorder: Recorder;
  readonly encoder: SpanEncoder;
  readonly losses: AttributeLosses;
  readonly origin = new WallOrigin();
  limits: SpanLimits = DEFAULT_SPAN_LIMITS;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
    this.encoder = bindSpanEncoder(recorder.region, new SpanTexts(recorder.region));
    this.losses = {
      truncated: () => recorder.count('texts_truncated'),
      omitted: () => recorder.count('span_details_limit'),
      ignored: () => recorder.count('arguments_ignored'),
    };
  }

  takeSequence(): number {
    return takeSequence(this.recorder.region);
  }
}

const spanRecorders = new WeakMap<Recorder, SpanRecorder>();

/** One for each recorder: the ids of its texts are unique within the region. */
export function spanRecorderOf(recorder: Recorder): SpanRecorder {
  let spans = spanRecorders.get(recorder);
  if (spans === undefined) {
    spans = new SpanRecorder(recorder);
    spanRecorders.set(recorder, spans);
  }
  return spans;
}
