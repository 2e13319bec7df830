import type { BucketFamily } from '../catalogue/buckets.js';
import { cellCount, cellShift, firstCell } from './histogram.js';
import { HISTOGRAM_CELLS, HISTOGRAM_MAX, HISTOGRAM_SUM } from './layout.js';

/** Where a histogram's block lies, and what turns a duration's bits into an index into it. */
export interface HistogramBlock {
  /** Double index of the block. */
  readonly at: number;
  /** Bits of the upper word that are below a cell's width. */
  readonly shift: number;
  /** Subtracted from the shifted upper word. */
  readonly first: number;
  /** Index of the last cell. */
  readonly last: number;
}

/** Adds a duration in milliseconds, finite, to a histogram. */
export type RecordDuration = (block: HistogramBlock, millis: number) => void;

/** Adds a stage's duration in milliseconds to a block of the recorder's stage family that starts at this double index. */
export type RecordStage = (at: number, millis: number) => void;

/**
 * x · (1 − 2⁻⁵³) is the double below x: an exact edge then falls into the cell under it without a branch.
 */
export const ONE_BELOW = 1 - 2 ** -53;

/** The arithmetic of `cellIndex` over shared memory. */
export function bindRecordDuration(f64: Float64Array): RecordDuration {
  const scratch = new Float64Array(1);
  const scratchWords = new Int32Array(scratch.buffer);
  return ({ at, shift, first, last }, millis) => {
    scratch[0] = millis * ONE_BELOW;
    let cell = (scratchWords[1] >> shift) - first;
    if (cell < 0) cell = 0;
    else if (cell > last) cell = last;
    f64[at + HISTOGRAM_CELLS + cell]++;
    f64[at + HISTOGRAM_SUM] += millis;
    if (millis > f64[at + HISTOGRAM_MAX]) f64[at + HISTOGRAM_MAX] = millis;
  };
}

/**
 * What recording a stage's duration takes besides its histogram: the few places where it costs most have their
 * own copy of `bindRecordStage`. A double that is passed to a function which the compiler happens not to inline
 * is boxed, 16 bytes a call; passed in memory it arrives 2 ns later (docs/decisions/0012-hot-path-build.md).
 */
export interface StageCells {
  readonly scratch: Float64Array;
  /** The same memory. */
  readonly scratchWords: Int32Array;
  /** Bits of the upper word that are below a cell's width. */
  readonly shift: number;
  /** Subtracted from the shifted upper word. */
  readonly first: number;
  /** Index of the last cell. */
  readonly last: number;
}

export function stageCells(family: BucketFamily): StageCells {
  const scratch = new Float64Array(1);
  return {
    scratch,
    scratchWords: new Int32Array(scratch.buffer),
    shift: cellShift(family),
    first: firstCell(family),
    last: cellCount(family) - 1,
  };
}

/** The same as `bindRecordDuration` with the family's bounds as constants. */
export function bindRecordStage(f64: Float64Array, cells: StageCells): RecordStage {
  const { scratch, scratchWords, shift, first, last } = cells;
  return (at, millis) => {
    scratch[0] = millis * ONE_BELOW;
    let cell = (scratchWords[1] >> shift) - first;
    if (cell < 0) cell = 0;
    else if (cell > last) cell = last;
    f64[at + HISTOGRAM_CELLS + cell]++;
    f64[at + HISTOGRAM_SUM] += millis;
    if (millis > f64[at + HISTOGRAM_MAX]) f64[at + HISTOGRAM_MAX] = millis;
  };
}
