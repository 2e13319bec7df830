/** Ticks that were kept, newest first; choosing one opens its waterfall. */
import { KEEP_REASONS, type KeptTickSummaryJson, type SnapshotJson } from '@tickscope/pipeline/protocol';
import { fetchTicks } from './api.js';
import { badge, outcomeTone } from './badge.js';
import { h, reconcile, setText } from './dom.js';
import { formatCount, formatDuration, formatTime, NONE } from './format.js';

const LIMIT = 100;
const ALL = 'all';
const HEADS = ['Time', 'Duration', 'Symbol', 'Outcome', 'Kept by', 'Slowest stage', 'Trace'];

export class TickList {
  readonly element: HTMLElement;
  ticks: readonly KeptTickSummaryJson[] = [];
  #reason: string = ALL;
  readonly #open: (traceId: string) => void;
  readonly #filters = h('div', { class: 'segmented wrap', role: 'group', 'aria-label': 'Kept by' });
  readonly #body = h('tbody');
  readonly #note = h('span', { class: 'muted num' });
  readonly #empty = h('p', { class: 'muted empty', text: 'No tick has been kept for this reason yet.' });

  constructor(open: (traceId: string) => void) {
    this.#open = open;
    this.#body.addEventListener('keydown', (event) => moveFocus(event));
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'ticks-title' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: 'ticks-title', text: 'Kept ticks' }),
        this.#note,
        h('div', { class: 'spacer' }),
        this.#filters,
      ),
      h(
        'div',
        { class: 'scroll-x ticks-scroll' },
        h(
          'table',
          { class: 'ticks' },
          h('thead', {}, h('tr', {}, ...HEADS.map((text) => h('th', { scope: 'col', text })))),
          this.#body,
        ),
        this.#empty,
      ),
    );
  }

  updateFilters({ keptBy, keptTicks }: SnapshotJson): void {
    const options = [
      { reason: ALL, count: keptTicks },
      ...KEEP_REASONS.filter((reason) => (keptBy[reason] ?? 0) > 0).map((reason) => ({
        reason: reason as string,
        count: keptBy[reason] ?? 0,
      })),
    ];
    reconcile(
      this.#filters,
      options,
      ({ reason }) => reason,
      ({ reason }) => {
        const select = () => {
          this.#reason = reason;
          void this.refresh();
        };
        const label = reason === ALL ? 'all' : readable(reason);
        return h(
          'button',
          { type: 'button', onclick: select },
          `${label} `,
          h('span', { class: 'count num' }),
        );
      },
      (button, { reason, count }) => {
        button.setAttribute('aria-pressed', String(reason === this.#reason));
        setText(button.lastElementChild as Element, formatCount(count));
      },
    );
  }

  /** Rejects when the connection is lost. */
  async refresh(): Promise<void> {
    const reason = this.#reason;
    const { ticks, stored } = await fetchTicks(LIMIT, reason === ALL ? undefined : reason);
    if (reason !== this.#reason) return;
    this.ticks = ticks;
    setText(
      this.#note,
      stored === 0 ? '' : `newest ${formatCount(ticks.length)} of ${formatCount(stored)} stored`,
    );
    this.#empty.hidden = ticks.length > 0;
    for (const button of this.#filters.children) {
      button.setAttribute('aria-pressed', String((button as HTMLElement).dataset.key === reason));
    }
    reconcile(
      this.#body,
      ticks,
      ({ traceId }) => traceId,
      (tick) => this.#row(tick),
      (row, tick) => {
        const state = row.lastElementChild as HTMLElement;
        setText(state, EXPORT_STATES[tick.exportState]);
        state.className = tick.exportState === 'dropped' ? 'bad-text' : 'muted';
      },
    );
  }

  #row(tick: KeptTickSummaryJson): HTMLElement {
    const open = () => this.#open(tick.traceId);
    const time = h('button', {
      type: 'button',
      class: 'link num',
      text: formatTime(tick.startUnixMillis, true),
      title: `Open the waterfall of ${tick.traceId}`,
    });
    const duration = h('td', {
      class: `num ${tick.missed ? 'bad-text' : ''}`,
      text: formatDuration(tick.durationMillis),
    });
    const reasons = tick.keptBy.map((reason) => badge(readable(reason), KEEP_TONES[reason] ?? ''));
    return h(
      'tr',
      { onclick: open },
      h('td', {}, time),
      duration,
      h('td', { text: [tick.loop, tick.symbol].filter((part) => part !== null).join(' / ') || NONE }),
      h(
        'td',
        {},
        badge(tick.outcome, outcomeTone(tick.outcome)),
        tick.unfinished ? badge('unfinished', 'warn') : null,
      ),
      h('td', { title: tick.guardReasons.join(', ') }, ...reasons),
      h('td', { text: tick.slowestStage ?? NONE }),
      h('td'),
    );
  }
}

const EXPORT_STATES: Readonly<Record<KeptTickSummaryJson['exportState'], string>> = {
  exported: 'exported',
  not_exported: 'stored here',
  queued: 'queued',
  dropped: 'not delivered',
};

const KEEP_TONES: Readonly<Record<string, string>> = {
  deadline_miss: 'bad',
  failure: 'bad',
  guard_trip: 'warn',
  unfinished: 'warn',
};

export function readable(name: string): string {
  return name.replaceAll('_', ' ');
}

/** Arrow keys move from row to row. */
function moveFocus(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const row = (event.target as Element).closest('tr');
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
  const button = next?.querySelector('button');
  if (button === null || button === undefined) return;
  event.preventDefault();
  button.focus();
}
