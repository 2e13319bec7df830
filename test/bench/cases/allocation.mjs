/**
 * A known allocation per tick, to calibrate the scavenge count: an array literal of two small integers is a
 * 32-byte array object and a 32-byte backing store on 64-bit V8 without pointer compression.
 */
export const BYTES_PER_TICK = 64;

export function create() {
  // A module-level sink that escapes, so that the compiler cannot remove the allocation.
  const kept = new Array(4).fill(undefined);
  return {
    tick(index) {
      kept[index & 3] = [index & 7, 1];
    },
  };
}
