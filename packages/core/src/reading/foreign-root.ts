import { INVALID_TRACE_ID } from '../ids.js';
import {
  F_SIZE_WORD,
  FRAME_HEADER_SLOTS,
  KIND_IDENTITY,
  KIND_SPAN_ID,
  SLOT_DOUBLES,
} from '../memory/layout.js';
import type { FrameView } from '../memory/ring-reader.js';
import { isText, textAt } from './frame-text.js';

export interface ForeignIdentity {
  readonly traceId: string;
  /** By span index; a span that a per-tick limit left without one is not in it. */
  readonly spanIds: ReadonlyMap<number, string>;
  readonly traceFlags: number;
  /** Empty: the root has no parent. */
  readonly parentSpanId: string;
  /** OpenTelemetry's `th` as it was written; empty: none. */
  readonly thresholdText: string;
  /** The upper 32 of its 56 bits, all that a threshold of ours has. */
  readonly threshold: number | undefined;
}

/** What a foreign tick's frame says of its spans' identity. */
export function foreignRoot(view: FrameView): ForeignIdentity {
  const { i32, f64 } = view;
  const spanIds = new Map<number, string>();
  let identity = '';
  const slots = i32[F_SIZE_WORD] & 0xffff;
  for (let slot = FRAME_HEADER_SLOTS; slot < slots; slot++) {
    const at = slot * SLOT_DOUBLES;
    const word = at * 2;
    const kind = (i32[word + 4] >>> 16) & 0xff;
    if (kind === KIND_SPAN_ID) {
      spanIds.set(i32[word + 5] & 0xffff, hex(f64[at]) + hex(i32[word + 2] >>> 0));
    } else if (isText(kind)) {
      const text = textAt(view, slot);
      if (kind === KIND_IDENTITY) identity = text.value;
      slot += text.slots;
    }
  }
  const [traceId = INVALID_TRACE_ID, spanId, flags = '0', parentSpanId = '', thresholdText = ''] =
    identity === '' ? [] : identity.split('-');
  if (spanId !== undefined) spanIds.set(0, spanId);
  return {
    traceId,
    spanIds,
    traceFlags: Number.parseInt(flags, 16),
    parentSpanId,
    thresholdText,
    threshold:
      thresholdText === '' ? undefined : Number.parseInt(thresholdText.padEnd(8, '0').slice(0, 8), 16),
  };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
