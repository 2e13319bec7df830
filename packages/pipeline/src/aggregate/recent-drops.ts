/** Spans lost within the last minute by reason, from totals that only grow: what makes health `degraded`. */
export class RecentDrops {
  readonly #windowMillis: number;
  readonly #intervalMillis: number;
  /** Oldest first; at most window / interval + 2 of them. */
  readonly #captures: { readonly timeMillis: number; readonly totals: Readonly<Record<string, number>> }[] =
    [];

  constructor(options: { readonly windowMillis?: number; readonly intervalMillis?: number } = {}) {
    this.#windowMillis = options.windowMillis ?? 60_000;
    this.#intervalMillis = options.intervalMillis ?? 1_000;
  }

  /** Losses since about a window ago; those before the first call count as old. Call as often as you like. */
  update(totals: Readonly<Record<string, number>>, nowMillis: number): Record<string, number> {
    const last = this.#captures.at(-1);
    if (last === undefined || nowMillis - last.timeMillis >= this.#intervalMillis) {
      this.#captures.push({ timeMillis: nowMillis, totals: { ...totals } });
    }
    while (this.#captures.length > 1 && nowMillis - this.#captures[1].timeMillis >= this.#windowMillis) {
      this.#captures.shift();
    }
    const base = this.#captures[0].totals;
    return Object.fromEntries(
      Object.entries(totals).map(([reason, spans]) => [reason, spans - (base[reason] ?? 0)]),
    );
  }
}
