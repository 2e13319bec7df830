import type { RegionReader } from '@tickscope/core/internal';
import type { Ledger } from './ledger.js';

/** What the ledger has to know of one trading thread's region: what was recorded, lost by the writer, not read yet. */
export function supplyRegion(ledger: Ledger, reader: RegionReader): void {
  const { ring, priorityRing, spanRing } = reader;
  ledger.supplyRecorded(() => reader.spansRecorded);
  ledger.supplyDropped('ring_full', () => reader.tally('spans_ring_full'));
  ledger.supplyDropped('ring_overwritten', () => ring.tally.unitsLost);
  ledger.supplyDropped('in_flight_full', () => reader.tally('spans_in_flight_full'));
  ledger.supplyDropped('tick_limit', () => reader.tally('spans_tick_limit'));
  ledger.supplyDropped('span_ring_full', () => reader.tally('api_spans_ring_full'));
  ledger.supplyInFlight('ring', () => ring.pendingUnits() + priorityRing.pendingUnits());
  ledger.supplyInFlight('span_ring', () => spanRing.spansWritten - spanRing.spansTaken);
}
