/** Two small plots beside the big one: how much, and how often too late. */
import { Chart } from './chart.js';
import { h, setText } from './dom.js';
import { formatRate, NONE } from './format.js';
import type { History } from './history.js';

const HEIGHT = 132;

export class RateCards {
  readonly element: HTMLElement;
  readonly #rate = h('b', { class: 'num' });
  readonly #misses = h('b', { class: 'num' });
  readonly #rateChart: Chart;
  readonly #missChart: Chart;

  constructor() {
    const ratePlot = h('div', { class: 'plot', role: 'img', 'aria-label': 'Ticks per second over time' });
    const missPlot = h('div', {
      class: 'plot',
      role: 'img',
      'aria-label': 'Deadline misses in percent over time',
    });
    this.#rateChart = new Chart(ratePlot, {
      height: HEIGHT,
      series: [{ label: 'ticks/s', colour: '--accent', fill: true }],
      format: formatRate,
      syncKey: 'time',
      onLegend: ([value]) => setText(this.#rate, `${value} /s`),
    });
    this.#missChart = new Chart(missPlot, {
      height: HEIGHT,
      series: [{ label: 'misses', colour: '--deadline', fill: true }],
      format: formatShare,
      syncKey: 'time',
      onLegend: ([value]) => setText(this.#misses, value),
    });
    this.element = h(
      'div',
      { class: 'stack' },
      h(
        'section',
        { class: 'card grow' },
        h(
          'div',
          { class: 'card-head' },
          h('h2', { text: 'Ticks' }),
          h('div', { class: 'spacer' }),
          this.#rate,
        ),
        ratePlot,
      ),
      h(
        'section',
        { class: 'card grow' },
        h(
          'div',
          { class: 'card-head' },
          h('h2', { text: 'Deadline misses' }),
          h('div', { class: 'spacer' }),
          this.#misses,
        ),
        missPlot,
      ),
    );
  }

  update(history: History, range: { min: number; max: number }): void {
    this.#rateChart.setData(history.times, [history.tickRates()], range);
    this.#missChart.setData(history.times, [history.missPercents()], range);
  }
}

function formatShare(percent: number | null): string {
  if (percent === null) return NONE;
  return `${Number(percent.toFixed(percent < 10 ? 2 : 1))} %`;
}
