import type { FrameCopies, FrameCopy, FrameDecoder, TickRecord } from '@tickscope/core/internal';
import type { ExportState, KeptTick } from '../kept-tick.js';
import type { KeepReason } from '../protocol.js';

/** How a frame is read, as it was when it left the ring. */
export interface FrameReading {
  readonly decoder: FrameDecoder;
  readonly threshold: number;
  readonly originUnixNanos: bigint;
}

/**
 * A kept tick as the bytes of its frame. It is decoded when it is exported, and again when somebody looks at it: so
 * what is made of it is gone at once, and what waits is small.
 */
export class KeptFrame implements KeptTick {
  readonly lane: number;
  readonly sequence: number;
  readonly spans: number;
  readonly keptBy: readonly KeepReason[];
  exportState: ExportState = 'queued';
  readonly #copies: FrameCopies;
  readonly #copy: FrameCopy;
  readonly #reading: FrameReading;

  constructor(
    frame: {
      readonly lane: number;
      readonly sequence: number;
      readonly spans: number;
      readonly copies: FrameCopies;
      readonly copy: FrameCopy;
    },
    reading: FrameReading,
    keptBy: readonly KeepReason[],
  ) {
    this.lane = frame.lane;
    this.sequence = frame.sequence;
    this.spans = frame.spans;
    this.keptBy = keptBy;
    this.#copies = frame.copies;
    this.#copy = frame.copy;
    this.#reading = reading;
  }

  get tick(): TickRecord {
    const { decoder, threshold, originUnixNanos } = this.#reading;
    return decoder.tick(this.#copies.view(this.#copy), { threshold }, originUnixNanos);
  }
}
