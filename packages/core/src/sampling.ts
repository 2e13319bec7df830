import { C_NEVER, C_THRESHOLD } from './memory/layout.js';

/**
 * Consistent probability sampling (OpenTelemetry, "TraceState: Probability Sampling"): a trace is sampled
 * when its randomness is >= the rejection threshold. We keep the upper 32 of 56 bits, eight hex digits.
 */
const SPACE = 0x1_0000_0000;

/** The rejection threshold of a ratio in 0…1: a u32, or 2^32 when nothing is to be sampled. */
export function thresholdOf(ratio: number): number {
  return Math.round((1 - ratio) * SPACE);
}

export function ratioOf(threshold: number): number {
  return 1 - threshold / SPACE;
}

/** As `th` of the tracestate has it: eight hex digits without trailing zeros; `0` for a ratio of 1. */
export function formatThreshold(threshold: number): string {
  return threshold.toString(16).padStart(8, '0').replace(/0+$/, '') || '0';
}

export function storeThreshold(i32: Int32Array, threshold: number): void {
  Atomics.store(i32, C_THRESHOLD, threshold >= SPACE ? -1 : threshold | 0);
  Atomics.store(i32, C_NEVER, threshold >= SPACE ? 1 : 0);
}

/** The threshold in force, 0…2^32. */
export function loadThreshold(i32: Int32Array): number {
  if (Atomics.load(i32, C_NEVER) === 1) return SPACE;
  return Atomics.load(i32, C_THRESHOLD) >>> 0;
}
