import { TickscopeError } from '@tickscope/core';

/** One thing that is wrong with a configuration. Texts are printable: secrets are already redacted. */
export interface ConfigProblem {
  /** As the source spells it: `ring.slots`, `trace.sample_rate`, `METRICS_PORT`. */
  readonly setting: string;
  readonly expected: string;
  readonly actual: string;
  /** `code`, `environment OTEL_SERVICE_NAME`, `file ./tickscope.yaml:4`. */
  readonly origin: string;
}

export function problemText(problem: ConfigProblem): string {
  return `${problem.setting}: expected ${problem.expected}, got ${problem.actual} (${problem.origin})`;
}

/** @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every problem, if there is one. */
export function refuse(problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new TickscopeError(
    'TICKSCOPE_INVALID_CONFIG',
    `Tickscope's configuration has ${count}:\n${problems.map((problem) => `  ${problemText(problem)}`).join('\n')}`,
  );
}
