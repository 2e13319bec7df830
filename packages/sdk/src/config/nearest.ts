/**
 * The candidate nearest to a misspelt name, or undefined when none is near. Case and separators do not count,
 * so that `sample_rate` finds `sampleRatio`.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** What a message says was expected in place of an unknown key. */
export function expectedKey(name: string, candidates: readonly string[]): string {
  const found = nearest(name, candidates);
  return found === undefined ? `one of the keys ${candidates.join(', ')}` : `a known key (nearest: ${found})`;
}

function plain(name: string): string {
  // Longer names are not worth comparing; the bound keeps a hostile key from costing time.
  return name
    .slice(0, 100)
    .replace(/[\s_.-]/g, '')
    .toLowerCase();
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost 1. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforeLast[column - 2] + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length];
}
