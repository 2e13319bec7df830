import type { Market, Taker } from './market.js';
import type { PrivateJournal } from './private-journal.js';
import { type Random, randomStream } from './random.js';
import type { Scenario } from './scenario.js';
import type { Truth } from './truth.js';
import type { Instruction, InstructionResult, OpenOrder, RejectReason, Side } from './wire.js';

/** A price further than this from the touch is taken for a mistake. */
const PRICE_BAND_TICKS = 500;
const MAX_REMEMBERED_IDS = 1_000_000;

interface RestingOrder extends OpenOrder {
  priceTicks: number;
  remainingLots: number;
}

/** The account's resting orders: accepts, amends, cancels and fills them, and tells journal and truth. */
export class Matching {
  readonly #resting = new Map<string, RestingOrder>();
  readonly #usedIds = new Set<string>();
  readonly #chance: ReadonlyMap<string, Random>;
  readonly #rejects: Scenario['rejects'];
  readonly #journal: PrivateJournal;
  readonly #truth: Truth;

  constructor(scenario: Scenario, seed: number, journal: PrivateJournal, truth: Truth) {
    this.#rejects = scenario.rejects;
    this.#chance = new Map(
      scenario.symbols.map((symbol) => [symbol, randomStream(seed, `reject:${symbol}`)]),
    );
    this.#journal = journal;
    this.#truth = truth;
  }

  open(symbol?: string): OpenOrder[] {
    const orders = [...this.#resting.values()];
    return symbol === undefined ? orders : orders.filter((order) => order.symbol === symbol);
  }

  execute(instruction: Instruction, market: Market): InstructionResult {
    const { instructionId, clientId, op } = instruction;
    const { symbol } = market;
    const about = { instructionId, clientId, symbol };
    const reason = this.#refusal(instruction, market);
    if (reason !== undefined) {
      this.#truth.reject(reason);
      this.#journal.append({ type: 'rejected', ...about, op, reason });
      return { instructionId, clientId, status: 'rejected', reason };
    }
    switch (op) {
      case 'place': {
        const { side, priceTicks, lots } = instruction;
        this.#usedIds.add(clientId);
        this.#resting.set(clientId, { clientId, symbol, side, priceTicks, remainingLots: lots });
        this.#truth.orders.placed += 1;
        this.#journal.append({ type: 'accepted', ...about });
        break;
      }
      case 'amend': {
        const { priceTicks, lots: remainingLots } = instruction;
        Object.assign(this.#resting.get(clientId) as RestingOrder, { priceTicks, remainingLots });
        this.#truth.orders.amended += 1;
        this.#journal.append({ type: 'amended', ...about, priceTicks, remainingLots });
        break;
      }
      case 'cancel':
        this.#resting.delete(clientId);
        this.#truth.orders.cancelled += 1;
        this.#journal.append({ type: 'cancelled', ...about });
    }
    return { instructionId, clientId, status: 'done' };
  }

  /** Fills what the market has traded through, then what the taker reaches. */
  trade(market: Market, taker: Taker | undefined): void {
    let takerLots = taker?.lots ?? 0;
    for (const order of this.#resting.values()) {
      if (order.symbol !== market.symbol) continue;
      const isBuy = order.side === 'buy';
      if (isBuy ? order.priceTicks >= market.bestAsk : order.priceTicks <= market.bestBid) {
        this.#fill(order, order.remainingLots);
      } else if (takerLots > 0 && taker?.side !== order.side) {
        const isAtTouch = isBuy ? order.priceTicks >= market.bestBid : order.priceTicks <= market.bestAsk;
        if (!isAtTouch) continue;
        const lots = Math.min(takerLots, order.remainingLots);
        takerLots -= lots;
        this.#fill(order, lots);
      }
    }
  }

  #refusal(instruction: Instruction, market: Market): RejectReason | undefined {
    if (instruction.op === 'cancel') {
      return this.#resting.get(instruction.clientId)?.symbol === market.symbol ? undefined : 'unknown_order';
    }
    const chanceReason = this.#drawRefusal(market.symbol);
    let side: Side;
    if (instruction.op === 'place') {
      if (this.#usedIds.has(instruction.clientId)) return 'duplicate_id';
      if (this.#usedIds.size >= MAX_REMEMBERED_IDS) return 'engine_busy';
      side = instruction.side;
    } else {
      const order = this.#resting.get(instruction.clientId);
      if (order?.symbol !== market.symbol) return 'unknown_order';
      side = order.side;
    }
    const { priceTicks } = instruction;
    if (side === 'buy' ? priceTicks >= market.bestAsk : priceTicks <= market.bestBid) {
      return 'post_only_would_cross';
    }
    const touch = side === 'buy' ? market.bestBid : market.bestAsk;
    if (Math.abs(priceTicks - touch) > PRICE_BAND_TICKS) return 'price_band';
    return chanceReason;
  }

  #drawRefusal(symbol: string): RejectReason | undefined {
    const draw = this.#chance.get(symbol)?.() ?? 1;
    const { insufficient_margin, engine_busy } = this.#rejects;
    if (draw < insufficient_margin) return 'insufficient_margin';
    return draw < insufficient_margin + engine_busy ? 'engine_busy' : undefined;
  }

  #fill(order: RestingOrder, lots: number): void {
    const { clientId, symbol, side, priceTicks } = order;
    order.remainingLots -= lots;
    const { remainingLots } = order;
    this.#truth.fills.count += 1;
    this.#truth.fills.lots += lots;
    if (remainingLots > 0) {
      this.#truth.fills.partial += 1;
    } else {
      this.#truth.orders.filled += 1;
      this.#resting.delete(clientId);
    }
    this.#journal.append({ type: 'fill', clientId, symbol, side, priceTicks, lots, remainingLots });
  }
}
