import type { Venue } from './venue.js';

/** A sample this much better than the one in use is believed at once; later ones replace an old one. */
const MAX_SAMPLE_AGE_MS = 30_000;

/** The venue's clock as seen from here. */
export class VenueClock {
  #skewMillis = 0;
  #roundTripMillis = Number.POSITIVE_INFINITY;
  #takenAt = 0;
  readonly #venue: Pick<Venue, 'time'>;

  constructor(venue: Pick<Venue, 'time'>) {
    this.#venue = venue;
  }

  /** Milliseconds since a time of the venue's clock. */
  since(exchangeMillis: number): number {
    return Date.now() + this.#skewMillis - exchangeMillis;
  }

  /** Asks for the time. The shorter the round trip, the smaller the error: a longer one counts only after a while. */
  async check(): Promise<void> {
    const sentAt = performance.now();
    const reply = await this.#venue.time();
    if (reply.outcome !== 'ok') return;
    const now = performance.now();
    const roundTripMillis = now - sentAt;
    if (roundTripMillis > this.#roundTripMillis && now - this.#takenAt < MAX_SAMPLE_AGE_MS) return;
    this.#skewMillis = reply.body.exchangeMillis + roundTripMillis / 2 - Date.now();
    this.#roundTripMillis = roundTripMillis;
    this.#takenAt = now;
  }
}
