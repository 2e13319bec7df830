import { tripsGuard } from './workload.mjs';

/**
 * No telemetry but its unavoidable part: the clock reads of a tick and the sums of its five durations.
 * Lap style needs 6 reads (begin, four laps, end); styles that time each stage by itself need 10.
 */
export function create({ reads }) {
  const sums = new Float64Array(6);
  if (reads === 0) return { tick() {} };
  return { tick: reads === 6 ? sixReads : tenReads };

  function sixReads(index) {
    const begin = performance.now();
    const first = performance.now();
    const second = performance.now();
    const third = performance.now();
    const fourth = performance.now();
    const end = performance.now();
    sums[0] += first - begin;
    sums[1] += second - first;
    sums[2] += third - second;
    sums[3] += fourth - third;
    sums[4] += end - begin;
    if (tripsGuard(index)) sums[5]++;
  }

  function tenReads(index) {
    const begin = performance.now();
    const firstStart = performance.now();
    const firstEnd = performance.now();
    const secondStart = performance.now();
    const secondEnd = performance.now();
    const thirdStart = performance.now();
    const thirdEnd = performance.now();
    const fourthStart = performance.now();
    const fourthEnd = performance.now();
    const end = performance.now();
    sums[0] += firstEnd - firstStart;
    sums[1] += secondEnd - secondStart;
    sums[2] += thirdEnd - thirdStart;
    sums[3] += fourthEnd - fourthStart;
    sums[4] += end - begin;
    if (tripsGuard(index)) sums[5]++;
  }
}
