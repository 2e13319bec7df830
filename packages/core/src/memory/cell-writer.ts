import { BUCKET_FAMILIES } from '../catalogue/buckets.js';
import { CELL_SHIFT, cellCount, firstCell } from './histogram.js';
import { HISTOGRAM_CELLS, HISTOGRAM_MAX, HISTOGRAM_SUM } from './layout.js';

/** Where a histogram's block lies, and what turns a duration's bits into an index into it. */
export interface HistogramBlock {
  /** Double index of the block. */
  readonly at: number;
  /** Subtracted from the shifted upper word. */
  readonly first: number;
  /** Index of the last cell. */
  readonly last: number;
}

/** Adds a duration in milliseconds, finite, to a histogram. */
export type RecordDuration = (block: HistogramBlock, millis: number) => void;

/**
 * Adds a stage's duration, which the caller has put into `millis[0]`, to a block of the `compute` family that
 * starts at this double index. In memory and not passed: a double that goes to a function which the compiler
 * happens not to inline is boxed, 16 bytes a call.
 */
export type RecordStage = (at: number) => void;

/** x · (1 − 2⁻⁵³) is the double below x: an exact edge then falls into the cell under it without a branch. */
const ONE_BELOW = 1 - 2 ** -53;

/** The arithmetic of `cellIndex` over shared memory. */
export function bindRecordDuration(f64: Float64Array): RecordDuration {
  const scratch = new Float64Array(1);
  const scratchWords = new Int32Array(scratch.buffer);
  return ({ at, first, last }, millis) => {
    scratch[0] = millis * ONE_BELOW;
    let cell = (scratchWords[1] >> CELL_SHIFT) - first;
    if (cell < 0) cell = 0;
    else if (cell > last) cell = last;
    f64[at + HISTOGRAM_CELLS + cell]++;
    f64[at + HISTOGRAM_SUM] += millis;
    if (millis > f64[at + HISTOGRAM_MAX]) f64[at + HISTOGRAM_MAX] = millis;
  };
}

/** The same with the family's bounds as constants, for the hottest path. */
export function bindRecordStage(f64: Float64Array, millis: Float64Array): RecordStage {
  const scratch = new Float64Array(1);
  const scratchWords = new Int32Array(scratch.buffer);
  const first = firstCell(BUCKET_FAMILIES.compute);
  const last = cellCount(BUCKET_FAMILIES.compute) - 1;
  return (at) => {
    const duration = millis[0];
    scratch[0] = duration * ONE_BELOW;
    let cell = (scratchWords[1] >> CELL_SHIFT) - first;
    if (cell < 0) cell = 0;
    else if (cell > last) cell = last;
    f64[at + HISTOGRAM_CELLS + cell]++;
    f64[at + HISTOGRAM_SUM] += duration;
    if (duration > f64[at + HISTOGRAM_MAX]) f64[at + HISTOGRAM_MAX] = duration;
  };
}
