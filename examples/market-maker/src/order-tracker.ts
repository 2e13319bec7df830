import type {
  AmendInstruction,
  CancelInstruction,
  Instruction,
  InstructionResult,
  OpenOrder,
  PlaceInstruction,
  RejectReason,
  Side,
} from '@tickscope-examples/sim-exchange/wire';
import type { OrderEvent } from './order-stream.js';

export type OrderState =
  | { readonly name: 'sent' | 'acked' | 'partial' | 'filled' | 'cancelled' }
  | { readonly name: 'rejected'; readonly reason: RejectReason }
  /** An instruction was sent and nobody has said what became of it. */
  | { readonly name: 'unknown' };

export interface Order {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly priceTicks: number;
  readonly remainingLots: number;
  readonly state: OrderState;
}

interface TrackedOrder extends Order {
  priceTicks: number;
  remainingLots: number;
  filledLots: number;
  state: OrderState;
  /** At most one instruction of an order is on its way. */
  pending: Instruction | undefined;
}

export interface OrderCounts {
  readonly placed: number;
  readonly amended: number;
  readonly cancelled: number;
  readonly filled: number;
  readonly fills: number;
  readonly partialFills: number;
  readonly filledLots: number;
  readonly rejects: Readonly<Partial<Record<RejectReason, number>>>;
  /** Instructions that the venue refused to look at (rate limit, server error). */
  readonly unprocessed: number;
  /** Instructions without an answer that reconciliation showed never to have arrived. */
  readonly neverArrived: number;
  /** Events about orders that are not, or no longer, known here. */
  readonly unknownEvents: number;
}

/** Finished orders are remembered for late answers and events; the oldest are forgotten. */
const MAX_FINISHED = 4096;

/**
 * The life of every order. News comes twice, in the REST answer and on the order stream, in either order,
 * and sometimes once: whichever is first settles an instruction and counts, the other changes nothing.
 */
export class OrderTracker {
  readonly counts = {
    placed: 0,
    amended: 0,
    cancelled: 0,
    filled: 0,
    fills: 0,
    partialFills: 0,
    filledLots: 0,
    rejects: {} as Partial<Record<RejectReason, number>>,
    unprocessed: 0,
    neverArrived: 0,
    unknownEvents: 0,
  };
  readonly #idPrefix: string;
  readonly #orders = new Map<string, TrackedOrder>();
  readonly #live = new Map<string, Set<TrackedOrder>>();
  readonly #finished: string[] = [];
  #lastOrder = 0;
  #lastInstruction = 0;

  /** The prefix keeps this run's order ids apart from those of other runs on the same account. */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  /** Orders that are, or may be, open at the venue. */
  live(symbol?: string): readonly Order[] {
    if (symbol !== undefined) return [...(this.#live.get(symbol) ?? [])];
    return [...this.#live.values()].flatMap((orders) => [...orders]);
  }

  get(clientId: string): Order | undefined {
    return this.#orders.get(clientId);
  }

  /** True while the order must not be touched: something about it is on its way or unclear. */
  isBusy(clientId: string): boolean {
    return this.#orders.get(clientId)?.pending !== undefined;
  }

  place(symbol: string, side: Side, priceTicks: number, lots: number): PlaceInstruction {
    this.#lastOrder += 1;
    const clientId = `${this.#idPrefix}-${this.#lastOrder}`;
    const instructionId = this.#nextInstruction();
    const pending: PlaceInstruction = { op: 'place', instructionId, clientId, side, priceTicks, lots };
    const order: TrackedOrder = {
      clientId,
      symbol,
      side,
      priceTicks,
      remainingLots: lots,
      filledLots: 0,
      state: { name: 'sent' },
      pending,
    };
    this.#add(order);
    return pending;
  }

  amend({ clientId }: Order, priceTicks: number, lots: number): AmendInstruction {
    const instructionId = this.#nextInstruction();
    return this.#send(clientId, { op: 'amend', instructionId, clientId, priceTicks, lots });
  }

  cancel({ clientId }: Order): CancelInstruction {
    return this.#send(clientId, { op: 'cancel', instructionId: this.#nextInstruction(), clientId });
  }

  /** The venue's answer to a batch. */
  answered(results: readonly InstructionResult[]): void {
    for (const result of results) {
      const order = this.#orders.get(result.clientId);
      if (!order || order.pending?.instructionId !== result.instructionId) continue;
      if (result.status === 'rejected') this.#reject(order, result.reason);
      else this.#settleDone(order, order.pending);
    }
  }

  /** The venue has not looked at these: as if they had never been sent. */
  unprocessed(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      if (this.#takeBack(instruction)) this.counts.unprocessed += 1;
    }
  }

  /** No answer came: until the stream or reconciliation tells, the orders are `unknown`. */
  unanswered(instructions: readonly Instruction[]): void {
    for (const { clientId, instructionId } of instructions) {
      const order = this.#orders.get(clientId);
      if (order?.pending?.instructionId === instructionId) order.state = { name: 'unknown' };
    }
  }

  /** An event of the order stream; each must be given once and in order. */
  event(event: OrderEvent): void {
    const order = this.#orders.get(event.clientId);
    if (event.type === 'fill') this.#countFill(event);
    if (!order) {
      this.counts.unknownEvents += 1;
      return;
    }
    if (event.type === 'fill') {
      this.#fill(order, event);
      return;
    }
    const { pending } = order;
    if (event.type === 'amended') {
      order.priceTicks = event.priceTicks;
      order.remainingLots = event.remainingLots;
    }
    if (pending?.instructionId !== event.instructionId) return;
    if (event.type === 'rejected') this.#reject(order, event.reason);
    else this.#settleDone(order, pending);
  }

  /** Instructions whose fate is unknown. */
  unclear(): readonly Instruction[] {
    return (this.live() as TrackedOrder[]).flatMap(({ state, pending }) =>
      state.name === 'unknown' && pending ? [pending] : [],
    );
  }

  /**
   * Instructions that were unclear before the venue was asked for its open orders, and still are after the
   * order stream was handled up to the answer: they have never arrived. Returns how many there were.
   */
  neverArrived(unclearBefore: readonly Instruction[]): number {
    const lost = unclearBefore.filter((instruction) => this.#takeBack(instruction)).length;
    this.counts.neverArrived += lost;
    return lost;
  }

  /** Differences to the venue's open orders, to be asked while nothing is on its way. */
  compare(open: readonly OpenOrder[]): {
    /** Open at the venue, not live here. */
    readonly orphans: readonly OpenOrder[];
    /** Live here, not open at the venue. */
    readonly ghosts: readonly Order[];
  } {
    const openIds = new Set(open.map(({ clientId }) => clientId));
    const live = this.live();
    const liveIds = new Set(live.map(({ clientId }) => clientId));
    return {
      orphans: open.filter(({ clientId }) => !liveIds.has(clientId)),
      ghosts: live.filter(({ clientId }) => !openIds.has(clientId)),
    };
  }

  /** Takes over an order that an earlier run has left behind, so that it can be cancelled. */
  adopt({ clientId, symbol, side, priceTicks, remainingLots }: OpenOrder): void {
    const order: TrackedOrder = {
      clientId,
      symbol,
      side,
      priceTicks,
      remainingLots,
      filledLots: 0,
      state: { name: 'acked' },
      pending: undefined,
    };
    this.#add(order);
  }

  #add(order: TrackedOrder): void {
    this.#orders.set(order.clientId, order);
    const live = this.#live.get(order.symbol);
    if (live) live.add(order);
    else this.#live.set(order.symbol, new Set([order]));
  }

  #nextInstruction(): number {
    this.#lastInstruction += 1;
    return this.#lastInstruction;
  }

  #send<T extends Instruction>(clientId: string, instruction: T): T {
    const order = this.#orders.get(clientId);
    if (order) order.pending = instruction;
    return instruction;
  }

  #settleDone(order: TrackedOrder, instruction: Instruction): void {
    order.pending = undefined;
    switch (instruction.op) {
      case 'place':
        this.counts.placed += 1;
        order.state = openState(order);
        break;
      case 'amend':
        this.counts.amended += 1;
        order.priceTicks = instruction.priceTicks;
        order.remainingLots = instruction.lots;
        order.state = openState(order);
        break;
      case 'cancel':
        this.counts.cancelled += 1;
        this.#finish(order, { name: 'cancelled' });
    }
  }

  #reject(order: TrackedOrder, reason: RejectReason): void {
    this.counts.rejects[reason] = (this.counts.rejects[reason] ?? 0) + 1;
    const isPlacement = order.pending?.op === 'place';
    order.pending = undefined;
    if (isPlacement) this.#finish(order, { name: 'rejected', reason });
    else if (this.#isLive(order)) order.state = openState(order);
  }

  #takeBack({ clientId, instructionId, op }: Instruction): boolean {
    const order = this.#orders.get(clientId);
    if (order?.pending?.instructionId !== instructionId) return false;
    order.pending = undefined;
    if (op === 'place') {
      this.#live.get(order.symbol)?.delete(order);
      this.#orders.delete(clientId);
    } else if (this.#isLive(order)) {
      order.state = openState(order);
    }
    return true;
  }

  #countFill({ lots, remainingLots }: { readonly lots: number; readonly remainingLots: number }): void {
    this.counts.fills += 1;
    this.counts.filledLots += lots;
    if (remainingLots > 0) this.counts.partialFills += 1;
    else this.counts.filled += 1;
  }

  #fill(order: TrackedOrder, fill: Extract<OrderEvent, { readonly type: 'fill' }>): void {
    // Nothing is filled that was not accepted: the acknowledgement is still on its way.
    if (order.pending?.op === 'place') this.#settleDone(order, order.pending);
    order.filledLots += fill.lots;
    order.remainingLots = fill.remainingLots;
    if (!this.#isLive(order)) return;
    if (fill.remainingLots === 0) this.#finish(order, { name: 'filled' });
    else if (order.state.name !== 'unknown') order.state = openState(order);
  }

  #isLive(order: TrackedOrder): boolean {
    return this.#live.get(order.symbol)?.has(order) === true;
  }

  #finish(order: TrackedOrder, state: OrderState): void {
    order.state = state;
    this.#live.get(order.symbol)?.delete(order);
    this.#finished.push(order.clientId);
    const oldest = this.#finished.length > MAX_FINISHED ? this.#finished.shift() : undefined;
    if (oldest !== undefined) this.#orders.delete(oldest);
  }
}

function openState({ filledLots }: TrackedOrder): OrderState {
  return { name: filledLots > 0 ? 'partial' : 'acked' };
}
