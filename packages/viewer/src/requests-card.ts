import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { h, reconcile, setTexts } from './dom.js';
import { formatCount, formatDuration } from './format.js';

type RequestJson = SnapshotJson['requests'][number];

/** Requests to the exchange: how many, how they ended, how long they took. */
export class RequestsCard {
  readonly element: HTMLElement;
  readonly #body = h('tbody');

  constructor() {
    const heads = ['OK', 'Not OK', 'p50', 'p95', 'p99'];
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'requests-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'requests-title', text: 'Exchange requests' })),
      h(
        'div',
        { class: 'scroll-x' },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', { scope: 'col', text: 'Request' }),
              ...heads.map((text) => h('th', { scope: 'col', class: 'right', text })),
            ),
          ),
          this.#body,
        ),
      ),
    );
  }

  update(requests: readonly RequestJson[]): void {
    this.element.hidden = requests.length === 0;
    reconcile(
      this.#body,
      requests,
      ({ verb, api }) => `${verb} ${api}`,
      ({ verb, api }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, h('span', { class: 'verb', text: verb }), ` ${api}`),
          ...Array.from({ length: 5 }, () => h('td', { class: 'num right' })),
        ),
      (row, request) => {
        const failed = Object.entries(request.outcomes).filter(
          ([outcome, count]) => outcome !== 'ok' && count > 0,
        );
        const failedCount = failed.reduce((sum, [, count]) => sum + count, 0);
        const figures = [
          formatCount(request.outcomes.ok ?? 0),
          formatCount(failedCount),
          formatDuration(request.p50Millis),
          formatDuration(request.p95Millis),
          formatDuration(request.p99Millis),
        ];
        setTexts(row, 1, figures);
        const cell = row.children[2] as HTMLElement;
        cell.title = failed.map(([outcome, count]) => `${outcome}: ${formatCount(count)}`).join('\n');
        cell.classList.toggle('bad-text', failedCount > 0);
      },
    );
  }
}
