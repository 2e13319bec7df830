/** Who is shown, how fresh it is, and the figures that matter most. */
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { h, setText } from './dom.js';
import {
  formatAge,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatRound,
  formatTime,
  NONE,
} from './format.js';
import type { History } from './history.js';
import { total } from './ledger-card.js';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly sinceUnixMillis: number };

/** Without a tick for this long the recent figures are about to be empty: the window is ten seconds. */
const STALE_AFTER_MILLIS = 10_000;

class Tile {
  readonly element: HTMLElement;
  readonly #value = h('div', { class: 'tile-value num' });
  readonly #note = h('div', { class: 'tile-note muted num' });

  constructor(label: string) {
    this.element = h(
      'div',
      { class: 'tile' },
      h('div', { class: 'tile-label', text: label }),
      this.#value,
      this.#note,
    );
  }

  set(value: string, note: string, tone: '' | 'warn' | 'bad' = ''): void {
    setText(this.#value, value);
    setText(this.#note, note);
    this.element.className = `tile ${tone}`;
  }
}

export class Header {
  readonly element: HTMLElement;
  readonly #service = h('h1', { text: 'Tickscope' });
  readonly #instance = h('span', { class: 'muted instance' });
  readonly #facts = h('span', { class: 'facts muted num' });
  readonly #status = h('span', { class: 'status', role: 'status' });
  readonly #ticks = new Tile('Ticks per second');
  readonly #median = new Tile('Tick p50');
  readonly #tail = new Tile('Tick p99');
  readonly #misses = new Tile('Deadline misses');
  readonly #trips = new Tile('Guard trips');
  readonly #age = new Tile('Last tick');
  readonly #lost = new Tile('Spans lost');

  constructor() {
    const tiles = [this.#ticks, this.#median, this.#tail, this.#misses, this.#trips, this.#age, this.#lost];
    this.element = h(
      'header',
      {},
      h(
        'div',
        { class: 'top' },
        h('span', { class: 'brand', text: 'Tickscope' }),
        this.#service,
        this.#instance,
        h('div', { class: 'spacer' }),
        this.#facts,
        this.#status,
      ),
      h('div', { class: 'tiles' }, ...tiles.map(({ element }) => element)),
    );
  }

  update(snapshot: SnapshotJson, history: History): void {
    document.title = `${snapshot.service} · Tickscope`;
    setText(this.#service, snapshot.service);
    setText(this.#instance, snapshot.instance);
    setText(
      this.#facts,
      [
        `mode ${snapshot.mode}`,
        `ratio ${Number(snapshot.sampleRatio.toPrecision(3))}`,
        `up ${formatAge(snapshot.uptimeMillis)}`,
        `pid ${snapshot.pid}`,
        `Node ${snapshot.nodeVersion.replace(/^v/, '')}`,
      ].join('  ·  '),
    );
    const totals = snapshot.stages.filter(({ stage }) => stage === 'tick_total');
    const ticks = totals.reduce((sum, { count }) => sum + count, 0);
    this.#ticks.set(formatRate(history.tickRates().at(-1) ?? null), `${formatCount(ticks)} in all`);
    this.#percentiles(snapshot);
    const percent = history.missPercents().at(-1) ?? null;
    this.#misses.set(
      formatPercent(percent === null ? null : percent / 100),
      `${formatCount(snapshot.deadlineMisses)} in all, ${formatPercent(ticks === 0 ? null : snapshot.deadlineMisses / ticks)}`,
      percent !== null && percent >= 2 ? 'warn' : '',
    );
    this.#trips.set(formatCount(total(snapshot.guardTrips)), topOf(snapshot.guardTrips));
    const lost = total(snapshot.ledger.dropped);
    this.#lost.set(
      formatCount(lost),
      `of ${formatCount(snapshot.ledger.recorded)} recorded`,
      lost > 0 ? 'bad' : '',
    );
  }

  /** Called between answers, too: an age grows by itself. */
  updateFreshness(
    snapshot: SnapshotJson | undefined,
    connection: Connection,
    sinceAnswerMillis: number,
  ): void {
    const isLost = connection.state === 'lost';
    this.#status.className = `status ${connection.state}`;
    setText(
      this.#status,
      isLost
        ? `connection lost, figures of ${formatTime(connection.sinceUnixMillis)}`
        : connection.state === 'live'
          ? 'live'
          : 'connecting',
    );
    if (snapshot === undefined) return;
    const { lastTickAgeMillis, openTicks } = snapshot;
    const open = openTicks === 0 ? 'none open' : `${formatCount(openTicks)} open`;
    if (lastTickAgeMillis === null) {
      this.#age.set(NONE, 'no tick yet', 'warn');
      return;
    }
    const age = lastTickAgeMillis + (isLost ? sinceAnswerMillis : 0);
    const isStale = age >= STALE_AFTER_MILLIS;
    this.#age.set(`${formatAge(age)} ago`, isStale ? `stale · ${open}` : open, isStale ? 'warn' : '');
  }

  #percentiles(snapshot: SnapshotJson): void {
    const recent = snapshot.recent.stages.find(({ stage }) => stage === 'tick_total');
    const deadline = snapshot.deadlineMillisByLoop[recent?.loop ?? ''];
    const note = recent === undefined || recent.count === 0 ? 'no tick in the last 10 s' : 'last 10 s';
    const limit = deadline === undefined ? note : `deadline ${formatRound(deadline)}`;
    const { p50Millis = null, p99Millis = null } = recent ?? {};
    const isLate = (millis: number | null) => deadline !== undefined && millis !== null && millis > deadline;
    this.#median.set(formatDuration(p50Millis), note, isLate(p50Millis) ? 'bad' : '');
    this.#tail.set(formatDuration(p99Millis), limit, isLate(p99Millis) ? 'warn' : '');
  }
}

function topOf(counts: Readonly<Record<string, number>>): string {
  const [top] = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return top === undefined || top[1] === 0 ? 'none' : `most: ${top[0]}`;
}
