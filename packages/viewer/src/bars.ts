import { h, reconcile, setText } from './dom.js';
import { formatCount, formatPercent } from './format.js';

export interface Bar {
  readonly label: string;
  readonly count: number;
  /** A class that colours the bar: `good`, `bad`, `warn` or nothing. */
  readonly tone?: string;
}

/** Counts as horizontal bars, the longest being the largest; what is zero is named in one line. */
export class Bars {
  readonly element: HTMLElement;
  readonly #list = h('ul', { class: 'bars' });
  readonly #total = h('span', { class: 'muted num' });
  readonly #zeros = h('p', { class: 'muted zeros' });
  readonly #empty: HTMLElement;

  constructor(title: string, empty: string) {
    this.#empty = h('p', { class: 'muted empty', text: empty });
    this.element = h(
      'section',
      { class: 'card' },
      h('div', { class: 'card-head' }, h('h2', { text: title }), h('div', { class: 'spacer' }), this.#total),
      this.#list,
      this.#zeros,
      this.#empty,
    );
  }

  update(bars: readonly Bar[]): void {
    const total = bars.reduce((sum, { count }) => sum + count, 0);
    const largest = Math.max(1, ...bars.map(({ count }) => count));
    setText(this.#total, formatCount(total));
    this.#empty.hidden = bars.length > 0;
    const zeros = bars.filter(({ count }) => count === 0).map(({ label }) => label);
    setText(this.#zeros, zeros.length === 0 ? '' : `none: ${zeros.join(', ')}`);
    reconcile(
      this.#list,
      bars.filter(({ count }) => count > 0),
      ({ label }) => label,
      ({ label, tone }) =>
        h(
          'li',
          { class: `bar ${tone ?? ''}` },
          h('span', { class: 'bar-label', text: label, title: label }),
          h('span', { class: 'bar-track', 'aria-hidden': 'true' }, h('i')),
          h('span', { class: 'num right' }),
          h('span', { class: 'num right muted share' }),
        ),
      (item, { count }) => {
        const [, track, value, share] = item.children;
        (track.firstElementChild as HTMLElement).style.width = `${(count / largest) * 100}%`;
        setText(value, formatCount(count));
        setText(share, total === 0 ? '' : formatPercent(count / total));
      },
    );
  }
}
