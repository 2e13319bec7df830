import type { StageSummaryJson } from '../protocol.js';

/**
 * Loops in declared order, the default one first, undeclared ones last by name; within a loop `tick_total`,
 * then the declared stages in order, then others by name.
 */
export function stageOrder(
  declaredStages: Readonly<Record<string, readonly string[]>>,
): (a: StageSummaryJson, b: StageSummaryJson) => number {
  const loops = ['', ...Object.keys(declaredStages).filter((loop) => loop !== '')];
  const stageRank = ({ loop, stage }: StageSummaryJson) =>
    stage === 'tick_total' ? -1 : rank(declaredStages[loop ?? ''] ?? [], stage);
  return (a, b) =>
    rank(loops, a.loop ?? '') - rank(loops, b.loop ?? '') ||
    compareText(a.loop ?? '', b.loop ?? '') ||
    stageRank(a) - stageRank(b) ||
    compareText(a.stage, b.stage);
}

function rank(order: readonly string[], name: string): number {
  const index = order.indexOf(name);
  return index < 0 ? order.length : index;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
