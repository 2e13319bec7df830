import { shuffled } from './statistics.mjs';

/**
 * Measures every variant once per round, in an order shuffled anew for each round, so that drift of the machine
 * falls on all alike and results of one round can be paired. Resolves with the results by variant key, in
 * round order.
 */
export async function interleave({ variants, rounds, random, measure, progress }) {
  const results = new Map(variants.map((variant) => [variant.key, []]));
  for (let round = 0; round < rounds; round++) {
    for (const variant of shuffled(variants, random)) {
      progress?.(`round ${round + 1}/${rounds}: ${variant.key}`);
      results.get(variant.key).push(await measure(variant, round));
    }
  }
  return results;
}

/** Every case on every Node version: `{ key: 'lap @ 24.21.0', name: 'lap', node, … }`. */
export function acrossNodes(cases, nodes) {
  return nodes.flatMap((node) =>
    cases.map((subject) => ({ ...subject, name: subject.key, key: caseKey(subject.key, node), node })),
  );
}

export function caseKey(name, node) {
  return `${name} @ ${node.version}`;
}
