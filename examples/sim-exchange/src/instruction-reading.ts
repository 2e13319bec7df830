import type { BatchRequest, Instruction } from './wire.js';

const MAX_INSTRUCTIONS = 50;

/** A request body as an order batch; undefined when it is none. */
export function readBatch(body: unknown): BatchRequest | undefined {
  if (!isRecord(body) || typeof body.symbol !== 'string' || !Array.isArray(body.instructions)) {
    return undefined;
  }
  const { symbol, instructions } = body;
  if (instructions.length === 0 || instructions.length > MAX_INSTRUCTIONS) return undefined;
  return instructions.every(isInstruction) ? { symbol, instructions } : undefined;
}

function isInstruction(value: unknown): value is Instruction {
  if (!isRecord(value) || typeof value.clientId !== 'string' || value.clientId === '') return false;
  if (!Number.isInteger(value.instructionId)) return false;
  switch (value.op) {
    case 'cancel':
      return true;
    case 'amend':
      return isPositiveInteger(value.priceTicks) && isPositiveInteger(value.lots);
    case 'place':
      return (
        (value.side === 'buy' || value.side === 'sell') &&
        isPositiveInteger(value.priceTicks) &&
        isPositiveInteger(value.lots)
      );
    default:
      return false;
  }
}

function isPositiveInteger(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
