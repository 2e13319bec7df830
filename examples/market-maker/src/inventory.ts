import type { Side } from '@tickscope-examples/sim-exchange/wire';

interface Holding {
  lots: number;
  /** Received less paid, in ticks times lots. */
  cash: number;
  /** Last known mid price. */
  markTicks: number;
  tickSize: number;
}

/** Positions and their worth. */
export class Inventory {
  readonly #holdings = new Map<string, Holding>();

  fill(symbol: string, side: Side, priceTicks: number, lots: number): void {
    const holding = this.#holding(symbol);
    const sign = side === 'buy' ? 1 : -1;
    holding.lots += sign * lots;
    holding.cash -= sign * lots * priceTicks;
  }

  mark(symbol: string, markTicks: number, tickSize: number): void {
    Object.assign(this.#holding(symbol), { markTicks, tickSize });
  }

  /** Signed lots. */
  position(symbol: string): number {
    return this.#holdings.get(symbol)?.lots ?? 0;
  }

  /** Profit and loss over all symbols, quote currency, open positions at their last mid price. */
  profit(): number {
    let profit = 0;
    for (const { lots, cash, markTicks, tickSize } of this.#holdings.values()) {
      profit += (cash + lots * markTicks) * tickSize;
    }
    return profit;
  }

  #holding(symbol: string): Holding {
    let holding = this.#holdings.get(symbol);
    if (!holding) {
      holding = { lots: 0, cash: 0, markTicks: 0, tickSize: 0 };
      this.#holdings.set(symbol, holding);
    }
    return holding;
  }
}
