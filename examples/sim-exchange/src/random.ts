/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * An independent random stream, a function of seed and name only: what one consumer draws never shifts
 * what another one gets, so that a bot's timing does not change the market it trades in.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded by FNV-1a over the name.
 */
export function randomStream(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (const character of `${seed}:${name}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  let a = hash | 0;
  let b = Math.imul(hash, 0x9e3779b1) | 0;
  let c = seed | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The state starts out correlated with its seed; a dozen rounds mix it.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

/** Standard normal, by Box and Muller; takes two draws every time. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
