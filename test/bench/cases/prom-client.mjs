import client from 'prom-client';
import { GUARD_REASON, STAGES, tripsGuard } from './workload.mjs';

/** prom-client with labels bound in advance, its cheapest form. Metrics only. */
export function create() {
  const durations = new client.Histogram({
    name: 'mm_stage_duration_ms',
    help: 'Duration of a tick and of its stages',
    labelNames: ['stage'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000],
  });
  const trips = new client.Counter({
    name: 'mm_guard_trips_total',
    help: 'Guard trips',
    labelNames: ['reason'],
  });
  const [fetch, spread, guards, emit] = STAGES.map((stage) => durations.labels(stage));
  const total = durations.labels('tick_total');
  const trip = trips.labels(GUARD_REASON);
  return {
    tick(index) {
      const begin = performance.now();
      const first = performance.now();
      fetch.observe(first - begin);
      const second = performance.now();
      spread.observe(second - first);
      const third = performance.now();
      guards.observe(third - second);
      const fourth = performance.now();
      emit.observe(fourth - third);
      if (tripsGuard(index)) trip.inc();
      total.observe(performance.now() - begin);
    },
  };
}
