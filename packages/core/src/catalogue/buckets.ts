/**
 * Bucket families. A histogram's cells are a log-linear grid over the bits of the duration (see
 * `memory/histogram.ts`): 128 cells an octave, so a published bound is exact when it is a cell edge, that is
 * when its mantissa needs at most seven fractional bits. 1, 2, 2.5, 5, 10, 25, … 1000 ms are edges; below
 * 0.25 ms decimal bounds are not, which is why the lower bounds of `compute` are powers of two.
 */
export interface BucketFamily {
  readonly name: 'compute' | 'compute_coarse' | 'network' | 'fill';
  /** Bits of the mantissa that tell cells apart: 2^cellBits cells an octave. */
  readonly cellBits: number;
  /** Lowest octave: values in (0, 2^minExponent] ms fall into the first cell. */
  readonly minExponent: number;
  /** Values above 2^maxExponent ms fall into the last cell. */
  readonly maxExponent: number;
  /** Upper bounds in milliseconds, ascending, each a cell edge. */
  readonly boundsMillis: readonly number[];
}

/** 4 µs to 1 s: work done by the bot itself. */
const COMPUTE: BucketFamily = {
  name: 'compute',
  cellBits: 7,
  minExponent: -13,
  maxExponent: 13,
  boundsMillis: [
    0.00390625, 0.0078125, 0.015625, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50, 100,
    200, 250, 500, 1000,
  ],
};

/**
 * For stages by symbol: half the memory, a relative width of 1/64. The coarsest grid with every bound of
 * `compute` among its edges, since 250, 500 and 1000 are 1 61/64 times a power of two.
 */
const COMPUTE_COARSE: BucketFamily = { ...COMPUTE, name: 'compute_coarse', cellBits: 6 };

/** 1 ms to 10 s, dense from 5 to 300 ms: requests to a venue. */
const NETWORK: BucketFamily = {
  name: 'network',
  cellBits: 7,
  minExponent: -4,
  maxExponent: 14,
  boundsMillis: [
    1, 2, 2.5, 5, 7.5, 10, 12.5, 15, 20, 25, 30, 40, 50, 75, 100, 125, 150, 200, 250, 300, 500, 800, 1000,
    2000, 4000, 8000, 10240,
  ],
};

/** 10 ms to 10 min: waiting for a fill. */
const FILL: BucketFamily = {
  name: 'fill',
  cellBits: 7,
  minExponent: 2,
  maxExponent: 20,
  boundsMillis: [
    10, 25, 50, 100, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 512000, 614400,
  ],
};

export const BUCKET_FAMILIES = {
  compute: COMPUTE,
  compute_coarse: COMPUTE_COARSE,
  network: NETWORK,
  fill: FILL,
} as const;
