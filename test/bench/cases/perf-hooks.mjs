import { createHistogram } from 'node:perf_hooks';
import { tripsGuard } from './workload.mjs';

/** Node's own histogram, one per stage, fed from the six reads of lap style. Metrics only. */
export function create() {
  const [fetch, spread, guards, emit, total] = Array.from({ length: 5 }, () => createHistogram());
  let trips = 0;
  // `record` takes whole nanoseconds of at least 1.
  const nanos = (millis) => Math.max(1, Math.round(millis * 1e6));
  return {
    tick(index) {
      const begin = performance.now();
      const first = performance.now();
      fetch.record(nanos(first - begin));
      const second = performance.now();
      spread.record(nanos(second - first));
      const third = performance.now();
      guards.record(nanos(third - second));
      const fourth = performance.now();
      emit.record(nanos(fourth - third));
      if (tripsGuard(index)) trips++;
      total.record(nanos(performance.now() - begin));
    },
    trips: () => trips,
  };
}
