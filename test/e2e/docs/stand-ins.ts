/** The parts of a bot that the documentation's samples leave out. */
export interface Quote {
  readonly bid: number;
  readonly ask: number;
}

export const feed = {
  /** The order book, after a moment. */
  async book(): Promise<Quote> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return { bid: 100, ask: 101 };
  },
  latest(): Quote {
    return { bid: 100, ask: 101 };
  },
};

export function price({ bid, ask }: Quote): Quote {
  return { bid: bid - 1, ask: ask + 1 };
}

export function check(quote: Quote): { readonly ok: boolean } {
  return { ok: quote.bid < quote.ask };
}

export const orders = {
  async place(quote: Quote): Promise<{ readonly status: number; readonly quote: Quote }> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return { status: 200, quote };
  },
};

export const log = {
  info(fields: object, text: string): void {
    console.log(JSON.stringify({ ...fields, text }));
  },
};
