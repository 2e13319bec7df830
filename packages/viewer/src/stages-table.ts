/** All stages at a glance: figures, and where p50 to the maximum lie on one logarithmic axis. */
import type { SnapshotJson, StageSummaryJson } from '@tickscope/pipeline/protocol';
import { h, reconcile, setTexts } from './dom.js';
import { formatCount, formatDuration } from './format.js';
import { stageKey } from './history.js';
import { segmented } from './segmented.js';

const SINCE_START = 'since start';
const RECENT = 'last 10 s';
const MARKS = ['p50', 'p95', 'p99', 'max'] as const;

export class StagesTable {
  readonly element: HTMLElement;
  readonly #body = h('tbody');
  readonly #onSelect: (key: string) => void;
  #isRecent = false;

  constructor(onSelect: (key: string) => void, onChange: () => void) {
    this.#onSelect = onSelect;
    const period = segmented('Period', [SINCE_START, RECENT], SINCE_START, (option) => {
      this.#isRecent = option === RECENT;
      onChange();
    });
    const heads = ['Count', 'p50', 'p95', 'p99', 'p99.9', 'Max'];
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'stages-title' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: 'stages-title', text: 'Stages' }),
        h('div', { class: 'spacer' }),
        period,
      ),
      h(
        'div',
        { class: 'scroll-x' },
        h(
          'table',
          { class: 'stages' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', { scope: 'col', text: 'Stage' }),
              ...heads.map((text) => h('th', { scope: 'col', class: 'right', text })),
              h('th', { scope: 'col', class: 'range-head', text: 'p50 ● p95 ◆ p99 ▮ max, logarithmic' }),
            ),
          ),
          this.#body,
        ),
      ),
    );
  }

  update(snapshot: SnapshotJson, selected: string): void {
    const stages = this.#isRecent ? snapshot.recent.stages : snapshot.stages;
    const scale = logScale(stages);
    reconcile(
      this.#body,
      stages,
      ({ stage, loop }) => stageKey(stage, loop),
      (stage) => this.#row(stage),
      (row, stage) => {
        const key = stageKey(stage.stage, stage.loop);
        row.setAttribute('aria-current', String(key === selected));
        const figures = [
          formatCount(stage.count),
          formatDuration(stage.p50Millis),
          formatDuration(stage.p95Millis),
          formatDuration(stage.p99Millis),
          formatDuration(stage.p999Millis),
          stage.count === 0 ? formatDuration(null) : formatDuration(stage.maxMillis),
        ];
        setTexts(row, 1, figures);
        drawRange(row.lastElementChild as HTMLElement, stage, scale);
      },
    );
  }

  #row({ stage, loop }: StageSummaryJson): HTMLElement {
    const key = stageKey(stage, loop);
    const button = h('button', {
      type: 'button',
      class: 'link',
      text: key,
      title: 'Show in the plot',
      onclick: () => this.#onSelect(key),
    });
    const range = h(
      'td',
      { class: 'range', 'aria-hidden': 'true' },
      h(
        'div',
        { class: 'track' },
        h('i', { class: 'span' }),
        ...MARKS.map((mark) => h('i', { class: `mark ${mark}` })),
      ),
    );
    const figures = Array.from({ length: 6 }, () => h('td', { class: 'num right' }));
    return h('tr', {}, h('th', { scope: 'row' }, button), ...figures, range);
  }
}

/** From a duration to a percentage of the track; undefined when there is nothing to show. */
function logScale(stages: readonly StageSummaryJson[]): (millis: number) => number {
  const values = stages
    .flatMap(({ p50Millis, maxMillis }) => [p50Millis ?? 0, maxMillis])
    .filter((value) => value > 0);
  const low = Math.log(Math.min(...values) * 0.7);
  const high = Math.log(Math.max(...values) * 1.2);
  return (millis) =>
    millis > 0 ? Math.min(100, Math.max(0, ((Math.log(millis) - low) / (high - low)) * 100)) : 0;
}

function drawRange(cell: HTMLElement, stage: StageSummaryJson, scale: (millis: number) => number): void {
  const track = cell.firstElementChild as HTMLElement;
  const { p50Millis, p95Millis, p99Millis, maxMillis } = stage;
  track.hidden = p50Millis === null;
  if (p50Millis === null || p95Millis === null || p99Millis === null) return;
  const [span, ...marks] = [...track.children] as HTMLElement[];
  span.style.left = `${scale(p50Millis)}%`;
  span.style.width = `${scale(maxMillis) - scale(p50Millis)}%`;
  [p50Millis, p95Millis, p99Millis, maxMillis].forEach((value, at) => {
    marks[at].style.left = `${scale(value)}%`;
  });
}
