import { normal, type Random } from './random.js';
import type { Scenario } from './scenario.js';

/** The tail starts where the body has practically ended. */
const TAIL_START_IN_MEDIANS = 3;

/**
 * Time between a request's arrival and its answer, milliseconds: lognormal around the median, and with
 * `tailProbability` log-uniform from three medians to `tailMaxMs`. Every call takes four draws, so that the
 * n-th request gets the same latency whatever happened to those before it.
 */
export function drawLatencyMillis(latency: Scenario['latency'], random: Random): number {
  const inTail = random() < latency.tailProbability;
  const tailPosition = random();
  const body = latency.medianMs * Math.exp(latency.sigma * normal(random));
  if (!inTail) return Math.min(body, latency.tailMaxMs);
  const tailStart = Math.min(latency.medianMs * TAIL_START_IN_MEDIANS, latency.tailMaxMs);
  return tailStart * (latency.tailMaxMs / tailStart) ** tailPosition;
}
