/** Ticks that are stuck: the one thing on this page that is urgent. */
import type { StuckTickJson } from '@tickscope/pipeline/protocol';
import { h, reconcile, setText } from './dom.js';
import { formatAge, formatRound } from './format.js';

export class Alarm {
  readonly element: HTMLElement;
  readonly #list = h('ul');

  constructor() {
    this.element = h(
      'section',
      { class: 'alarm', role: 'alert', hidden: '' },
      h('h2', { text: 'Stuck' }),
      this.#list,
    );
  }

  update(stuck: readonly StuckTickJson[]): void {
    this.element.hidden = stuck.length === 0;
    reconcile(
      this.#list,
      stuck,
      ({ traceId }) => traceId,
      ({ symbol, loop, stage, deadlineMillis, traceId }) =>
        h(
          'li',
          {},
          h('b', { text: symbol ?? loop ?? 'a tick' }),
          stage === null ? ' has been open for ' : ` has been in ${stage} for `,
          // Hidden from the announcement, which would be repeated with every second that passes.
          h('b', { class: 'num', 'aria-hidden': 'true' }),
          deadlineMillis === null ? '' : `, deadline ${formatRound(deadlineMillis)}`,
          h('code', { text: traceId }),
        ),
      (item, { ageMillis }) => setText(item.querySelectorAll('b')[1], formatAge(ageMillis)),
    );
  }
}
