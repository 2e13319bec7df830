/** The dialog that shows one kept tick. Its address is `#tick=<traceId>`, so it can be shared and left with Back. */
import type { KeptTickJson } from '@tickscope/pipeline/protocol';
import { fetchTick } from './api.js';
import { badge, outcomeTone } from './badge.js';
import { h } from './dom.js';
import { formatDuration, formatRound, formatTime } from './format.js';
import { readable } from './tick-list.js';
import { waterfall } from './waterfall.js';

const HASH = /^#tick=([0-9a-f]{32})$/;

export class TickDialog {
  readonly element = h('dialog', { class: 'tick-dialog', 'aria-labelledby': 'tick-title' });
  readonly #neighbours: () => readonly string[];
  readonly #content = h('div');
  /** As they were when the dialog opened: the list itself moves on. */
  #ids: readonly string[] = [];
  #traceId: string | undefined;

  /** `neighbours`: the trace ids that the arrow keys walk along. */
  constructor(neighbours: () => readonly string[]) {
    this.#neighbours = neighbours;
    // Stays while the content changes, and with it the focus.
    const bar = h(
      'div',
      { class: 'dialog-bar' },
      this.#button('←', 'Newer tick (left arrow)', () => this.#step(-1)),
      this.#button('→', 'Older tick (right arrow)', () => this.#step(1)),
      this.#button('✕', 'Close (Escape)', () => this.element.close()),
    );
    this.element.append(bar, this.#content);
    this.element.addEventListener('close', () => {
      if (HASH.test(location.hash)) history.pushState(null, '', location.pathname + location.search);
    });
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close();
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight') this.#step(1);
      else if (event.key === 'ArrowLeft') this.#step(-1);
    });
    addEventListener('hashchange', () => this.#follow());
  }

  /** Opens what the address says. */
  start(): void {
    this.#follow();
  }

  open(traceId: string): void {
    location.hash = `tick=${traceId}`;
  }

  #follow(): void {
    const traceId = HASH.exec(location.hash)?.[1];
    if (traceId === undefined) {
      if (this.element.open) this.element.close();
      return;
    }
    if (traceId === this.#traceId && this.element.open) return;
    this.#traceId = traceId;
    void this.#load(traceId);
  }

  #step(by: number): void {
    const at = this.#traceId === undefined ? -1 : this.#ids.indexOf(this.#traceId);
    const next = at < 0 ? undefined : this.#ids[at + by];
    if (next !== undefined) location.replace(`#tick=${next}`);
  }

  async #load(traceId: string): Promise<void> {
    if (!this.element.open) this.#ids = this.#neighbours();
    let content: Node[];
    try {
      content = this.#describe(await fetchTick(traceId));
    } catch (error) {
      content = [
        h('div', { class: 'card-head' }, h('h2', { id: 'tick-title', text: 'Tick' })),
        h('p', { class: 'bad-text', text: error instanceof Error ? error.message : String(error) }),
        h('code', { text: traceId }),
      ];
    }
    if (traceId !== this.#traceId) return;
    this.#content.replaceChildren(...content);
    if (!this.element.open) this.element.showModal();
  }

  #describe(tick: KeptTickJson): Node[] {
    const subject = [tick.loop, tick.symbol].filter((part) => part !== null).join(' / ');
    const title = h('h2', { id: 'tick-title', text: subject === '' ? 'Tick' : subject });
    const { deadlineMillis, durationMillis } = tick;
    const over = deadlineMillis === null ? 0 : durationMillis - deadlineMillis;
    const verdict =
      deadlineMillis === null
        ? ''
        : over > 0
          ? `${formatDuration(over)} over its deadline of ${formatRound(deadlineMillis)}`
          : `within its deadline of ${formatRound(deadlineMillis)}`;
    const copy = h('button', {
      type: 'button',
      class: 'quiet',
      text: 'copy',
      title: 'Copy the trace id',
      onclick: () =>
        void navigator.clipboard.writeText(tick.traceId).then(() => copy.replaceChildren('copied')),
    });
    return [
      h(
        'div',
        { class: 'card-head' },
        title,
        badge(tick.outcome, outcomeTone(tick.outcome)),
        ...(tick.missed ? [badge('missed', 'bad')] : []),
        ...(tick.unfinished ? [badge('unfinished', 'warn')] : []),
        ...tick.guardReasons.map((reason) => badge(`guard: ${readable(reason)}`, 'warn')),
      ),
      h(
        'p',
        { class: 'tick-facts' },
        h('b', { class: `num ${tick.missed ? 'bad-text' : ''}`, text: formatDuration(durationMillis) }),
        h('span', { class: 'num', text: verdict }),
        h('span', { class: 'muted num', text: formatTime(tick.startUnixMillis, true) }),
        h('span', { class: 'muted', text: `kept by ${tick.keptBy.map(readable).join(', ')}` }),
        h('span', { class: 'muted' }, 'trace ', h('code', { text: tick.traceId }), ' ', copy),
      ),
      ...(tick.error === null ? [] : [h('p', { class: 'error-box', text: tick.error })]),
      waterfall(tick),
    ];
  }

  #button(text: string, title: string, onclick: () => void): HTMLElement {
    return h('button', { type: 'button', class: 'quiet', text, title, 'aria-label': title, onclick });
  }
}
