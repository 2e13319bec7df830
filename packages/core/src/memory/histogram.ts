/**
 * Log-linear histogram cells over the bits of a double.
 *
 * The upper word of an IEEE 754 double holds sign, exponent and the top 20 mantissa bits. Shifted right by
 * 13 it leaves the exponent and 7 mantissa bits: 128 equally wide cells an octave, a relative width of at
 * most 1/128, so that a cell's midpoint is within 0.4 % of every value in it. (A family says how many bits it
 * keeps; with 6 it is 64 cells and 0.8 %.) The idea is HdrHistogram's (Gil Tene); taking the index from the
 * float's own bits saves the logarithm and the count-leading-zeros.
 *
 * Cells are (lower, upper] like Prometheus' `le`: a value that is exactly an edge belongs to the cell below,
 * hence the subtraction when the lower word is zero.
 */
import type { BucketFamily } from '../catalogue/buckets.js';

/** Mantissa bits in a double's upper word. */
const UPPER_MANTISSA_BITS = 20;
const EXPONENT_BIAS = 1023;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** Bits of the upper word that are below a cell's width. */
export function cellShift(family: BucketFamily): number {
  return UPPER_MANTISSA_BITS - family.cellBits;
}

/** The number of cells of a family; the first also takes everything below it, the last everything above. */
export function cellCount(family: BucketFamily): number {
  return (family.maxExponent - family.minExponent) << family.cellBits;
}

/** What is subtracted from the shifted upper word to get an index into the cells. */
export function firstCell(family: BucketFamily): number {
  return (family.minExponent + EXPONENT_BIAS) << family.cellBits;
}

/**
 * The cell of a duration in milliseconds. Zero, negative values and NaN belong to the first cell.
 * The recorder has its own inlined copy of this arithmetic over shared memory; a test holds them together.
 */
export function cellIndex(family: BucketFamily, millis: number): number {
  if (!(millis > 0)) return 0;
  scratch[0] = millis;
  const shifted = (scratchWords[1] - (scratchWords[0] === 0 ? 1 : 0)) >>> cellShift(family);
  return Math.min(Math.max(shifted - firstCell(family), 0), cellCount(family) - 1);
}

/** The upper edge of a cell in milliseconds; the last cell's is its nominal one although it takes more. */
export function cellUpperBound(family: BucketFamily, index: number): number {
  const perOctave = 1 << family.cellBits;
  const step = (index & (perOctave - 1)) + 1;
  return 2 ** (family.minExponent + (index >> family.cellBits)) * (1 + step / perOctave);
}

/** Whether counts at this bound are exact. */
export function isCellEdge(family: BucketFamily, millis: number): boolean {
  return millis > 0 && cellUpperBound(family, cellIndex(family, millis)) === millis;
}

export function totalCount(cells: Float64Array): number {
  let total = 0;
  for (const count of cells) total += count;
  return total;
}

/**
 * Counts per bucket, not cumulative, one more than there are bounds (the last is +Inf).
 * Exact when every bound is a cell edge, which `isCellEdge` tells.
 */
export function bucketCounts(
  family: BucketFamily,
  cells: Float64Array,
  boundsMillis: readonly number[] = family.boundsMillis,
): number[] {
  const counts: number[] = [];
  let next = 0;
  for (const bound of boundsMillis) {
    const last = cellIndex(family, bound);
    let count = 0;
    for (; next <= last; next++) count += cells[next];
    counts.push(count);
  }
  let beyond = 0;
  for (; next < cells.length; next++) beyond += cells[next];
  counts.push(beyond);
  return counts;
}

/**
 * Adds the counts of a family to those of another of the same octaves and as many cells or fewer. Exact: each
 * cell lies within one of the coarser grid, whose edges are edges of the finer one.
 */
export function addCells(
  to: { readonly family: BucketFamily; readonly cells: Float64Array },
  from: { readonly family: BucketFamily; readonly cells: Float64Array },
): void {
  const shift = from.family.cellBits - to.family.cellBits;
  for (let index = 0; index < from.cells.length; index++) to.cells[index >> shift] += from.cells[index];
}

/**
 * The q-quantile in milliseconds by the nearest-rank definition, as the midpoint of its cell, so within
 * 0.4 % of the recorded value (0.8 % in 64 cells an octave); NaN when there are no values.
 */
export function quantileMillis(family: BucketFamily, cells: Float64Array, q: number): number {
  const total = totalCount(cells);
  if (total === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let index = 0; index < cells.length; index++) {
    seen += cells[index];
    if (seen >= rank) {
      const upper = cellUpperBound(family, index);
      const lower = index === 0 ? 2 ** family.minExponent : cellUpperBound(family, index - 1);
      return (lower + upper) / 2;
    }
  }
  return cellUpperBound(family, cells.length - 1);
}
