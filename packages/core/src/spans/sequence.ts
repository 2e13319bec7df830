import { W_SEQUENCE } from '../memory/layout.js';
import type { Region } from '../memory/region.js';

/** The next sequence of this thread: ids are computed from it, those of ticks and of spans alike. */
export function takeSequence({ f64 }: Region): number {
  const sequence = f64[W_SEQUENCE] + 1;
  f64[W_SEQUENCE] = sequence;
  return sequence;
}
