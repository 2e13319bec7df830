/** The big plot: recent percentiles of one stage over time. */
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { Chart, type ChartSeries } from './chart.js';
import { h, reconcile, setText } from './dom.js';
import { formatDuration, formatRound } from './format.js';
import { type History, PERCENTILES, stageKey } from './history.js';
import { segmented } from './segmented.js';

const SERIES: readonly ChartSeries[] = [
  { label: 'p50', colour: '--p50', width: 2 },
  { label: 'p95', colour: '--p95', width: 2 },
  { label: 'p99', colour: '--p99', width: 2 },
];
const HEIGHT = 280;
const SPANS = { '1 min': 60_000, '3 min': 180_000, '10 min': 600_000 } as const;

export class LatencyCard {
  readonly element: HTMLElement;
  spanMillis: number = SPANS['3 min'];
  #stage = 'tick_total';
  #logarithmic = false;
  #chart: Chart;
  readonly #tabs = h('div', { class: 'segmented wrap', role: 'group', 'aria-label': 'Stage' });
  readonly #plot = h('div', { class: 'plot', role: 'img' });
  readonly #values = SERIES.map(() => h('b', { class: 'num' }));
  readonly #time = h('span', { class: 'muted num' });
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#chart = this.#newChart();
    const spans = segmented('Time span', Object.keys(SPANS), '3 min', (label) => {
      this.spanMillis = SPANS[label as keyof typeof SPANS];
      onChange();
    });
    const scales = segmented('Scale', ['linear', 'log'], 'linear', (label) => {
      this.#logarithmic = label === 'log';
      this.#chart.destroy();
      this.#chart = this.#newChart();
      onChange();
    });
    const legend = h(
      'div',
      { class: 'legend' },
      ...SERIES.map(({ label }, at) => h('span', { class: `key ${label}` }, `${label} `, this.#values[at])),
      this.#time,
    );
    this.element = h(
      'section',
      { class: 'card latency', 'aria-labelledby': 'latency-title' },
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: 'latency-title', text: 'Latency' }),
        h('span', { class: 'muted', text: 'percentiles of the last 10 s' }),
        h('div', { class: 'spacer' }),
        scales,
        spans,
      ),
      this.#tabs,
      this.#plot,
      legend,
    );
  }

  get stage(): string {
    return this.#stage;
  }

  select(stage: string): void {
    this.#stage = stage;
    this.#onChange();
  }

  update(snapshot: SnapshotJson, history: History, range: { min: number; max: number }): void {
    const keys = snapshot.stages.map(({ stage, loop }) => stageKey(stage, loop));
    if (keys.length > 0 && !keys.includes(this.#stage)) this.#stage = keys[0];
    reconcile(
      this.#tabs,
      keys,
      (key) => key,
      (key) => h('button', { type: 'button', text: key, onclick: () => this.select(key) }),
      (button, key) => button.setAttribute('aria-pressed', String(key === this.#stage)),
    );
    const columns = history.percentiles(this.#stage);
    this.#chart.setData(
      history.times,
      PERCENTILES.map((percentile) => columns[percentile]),
      range,
      this.#deadline(snapshot),
    );
    const now = PERCENTILES.map((name) => `${name} ${formatDuration(columns[name].at(-1) ?? null)}`);
    this.#plot.setAttribute('aria-label', `Latency of ${this.#stage} over time; now ${now.join(', ')}`);
  }

  /** A deadline is one of whole ticks. */
  #deadline({ deadlineMillisByLoop }: SnapshotJson) {
    const isTotal = this.#stage.endsWith('tick_total');
    const loop = this.#stage.includes(' / ') ? this.#stage.split(' / ')[0] : '';
    const value = isTotal ? deadlineMillisByLoop[loop] : undefined;
    return value === undefined ? undefined : { value, label: `deadline ${formatRound(value)}` };
  }

  #newChart(): Chart {
    return new Chart(this.#plot, {
      height: HEIGHT,
      series: SERIES,
      format: formatDuration,
      formatAxis: formatRound,
      logarithmic: this.#logarithmic,
      syncKey: 'time',
      onLegend: (values, time) => {
        for (const [at, value] of values.entries()) setText(this.#values[at], value);
        setText(this.#time, time);
      },
    });
  }
}
