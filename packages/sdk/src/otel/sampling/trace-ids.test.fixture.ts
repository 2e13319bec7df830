/** Trace ids from a fixed seed (mulberry32), so that a statistical test gives one answer for ever. */
export function* traceIds(seed: number, count: number): Generator<string> {
  let state = seed;
  const word = (): string => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0).toString(16).padStart(8, '0');
  };
  for (let made = 0; made < count; made++) yield word() + word() + word() + word();
}
