import type { Instruction, Side } from '@tickscope-examples/sim-exchange/wire';
import type { Target } from './guards.js';
import type { OrderTracker } from './order-tracker.js';

/** The instructions that turn what rests into what should; orders with something on its way are left alone. */
export function planQuotes(
  tracker: OrderTracker,
  symbol: string,
  target: Target,
  requoteTicks: number,
): readonly Instruction[] {
  const { bidTicks, askTicks, lots } = target;
  return [
    ...planSide(tracker, symbol, 'buy', bidTicks, lots, requoteTicks),
    ...planSide(tracker, symbol, 'sell', askTicks, lots, requoteTicks),
  ];
}

function planSide(
  tracker: OrderTracker,
  symbol: string,
  side: Side,
  priceTicks: number | undefined,
  lots: number,
  requoteTicks: number,
): Instruction[] {
  const resting = tracker.live(symbol).filter((order) => order.side === side);
  const [keep, ...surplus] = resting;
  const free = surplus.filter(({ clientId }) => !tracker.isBusy(clientId));
  const instructions: Instruction[] = free.map((order) => tracker.cancel(order));
  if (keep === undefined) {
    if (priceTicks !== undefined) instructions.push(tracker.place(symbol, side, priceTicks, lots));
  } else if (!tracker.isBusy(keep.clientId)) {
    if (priceTicks === undefined) {
      instructions.push(tracker.cancel(keep));
    } else if (Math.abs(keep.priceTicks - priceTicks) >= requoteTicks || keep.remainingLots < lots / 2) {
      instructions.push(tracker.amend(keep, priceTicks, lots));
    }
  }
  return instructions;
}
