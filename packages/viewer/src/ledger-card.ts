/** Where every recorded span went: nothing is lost in silence. */
import type { LedgerJson } from '@tickscope/pipeline/protocol';
import { h, reconcile, setText } from './dom.js';
import { formatCount, formatPercent } from './format.js';

interface Entry {
  readonly label: string;
  readonly count: number;
  readonly tone: string;
}

export class LedgerCard {
  readonly element: HTMLElement;
  readonly #bar = h('div', { class: 'stacked', 'aria-hidden': 'true' });
  readonly #list = h('ul', { class: 'ledger' });
  readonly #verdict = h('span', { class: 'num' });

  constructor() {
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'ledger-title' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: 'ledger-title', text: 'Span ledger' }),
        h('div', { class: 'spacer' }),
        this.#verdict,
      ),
      this.#bar,
      this.#list,
    );
  }

  update(ledger: LedgerJson): void {
    const dropped = total(ledger.dropped);
    this.#verdict.className = dropped > 0 ? 'num bad-text' : 'num good-text';
    setText(
      this.#verdict,
      dropped > 0 ? `${formatCount(dropped)} lost` : `nothing lost of ${formatCount(ledger.recorded)}`,
    );
    const entries: Entry[] = [
      { label: 'exported', count: ledger.exported, tone: 'exported' },
      { label: 'kept, no backend', count: ledger.notExported, tone: 'not-exported' },
      { label: 'sampled out', count: ledger.sampledOut, tone: 'sampled-out' },
      ...sorted(ledger.inFlight, 'in flight: ', 'in-flight'),
      ...sorted(ledger.dropped, 'lost: ', 'dropped'),
    ].filter(({ count, tone }) => count > 0 || tone === 'exported' || tone === 'sampled-out');
    const parts = entries.filter(({ count }) => count > 0);
    reconcile(
      this.#bar,
      parts,
      ({ label }) => label,
      ({ tone }) => h('i', { class: `part ${tone}` }),
      (part, { count }) => {
        part.style.flexGrow = String(count / Math.max(1, ledger.recorded));
      },
    );
    reconcile(
      this.#list,
      entries,
      ({ label }) => label,
      ({ label, tone }) =>
        h(
          'li',
          { class: tone },
          h('i', { class: `dot ${tone}`, 'aria-hidden': 'true' }),
          h('span', { text: label }),
          h('span', { class: 'num right' }),
          h('span', { class: 'num right muted share' }),
        ),
      (item, { count }) => {
        setText(item.children[2], formatCount(count));
        setText(item.children[3], ledger.recorded > 0 ? formatPercent(count / ledger.recorded) : '');
      },
    );
  }
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sorted(counts: Readonly<Record<string, number>>, prefix: string, tone: string): Entry[] {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => ({ label: `${prefix}${name.replaceAll('_', ' ')}`, count, tone }));
}
