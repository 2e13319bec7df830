import { propagation } from '@opentelemetry/api';
import type { PropagatorName } from '../../config/propagation.js';
import { registered } from '../api-registry.js';
import { W3cPropagator } from './propagator.js';

/** Registers a global propagator if there is none. @returns what takes it away again. */
export function installPropagator(
  names: readonly PropagatorName[],
  destinations: readonly string[],
): () => void {
  if (names.length === 0 || registered('propagation') !== undefined) return () => {};
  const propagator = new W3cPropagator(names, destinations);
  propagation.setGlobalPropagator(propagator);
  return () => {
    if (registered('propagation') === propagator) propagation.disable();
  };
}
