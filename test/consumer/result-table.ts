import { INSTALLATIONS, type Installation, MODULE_FORMS, titleOf } from './cells.js';

/** What became of each cell, for a person to read at the end of a run. */
export class ResultTable {
  readonly #verdicts = new Map<string, 'failed' | 'passed'>();

  /** Until it passes it counts as failed. */
  begin(installation: Installation, form: string): void {
    this.#verdicts.set(keyOf(installation, form), 'failed');
  }

  pass(installation: Installation, form: string): void {
    this.#verdicts.set(keyOf(installation, form), 'passed');
  }

  text(): string {
    const width = Math.max(...INSTALLATIONS.map((installation) => titleOf(installation).length));
    const rows = INSTALLATIONS.map((installation) => {
      const verdicts = MODULE_FORMS.map(
        (form) => `${form} ${this.#verdicts.get(keyOf(installation, form)) ?? 'NOT RUN'}`,
      );
      return `${titleOf(installation).padEnd(width)}  ${verdicts.join('  ')}`;
    });
    const passed = [...this.#verdicts.values()].filter((verdict) => verdict === 'passed').length;
    return [...rows, `${passed} of ${INSTALLATIONS.length * MODULE_FORMS.length} cells passed`].join('\n');
  }
}

function keyOf(installation: Installation, form: string): string {
  return `${titleOf(installation)} ${form}`;
}
