import { h } from './dom.js';

export function badge(text: string, tone: string): HTMLElement {
  return h('span', { class: `badge ${tone}`, text });
}

/** Ticks that did not run or ran into a guard are noteworthy, failed ones are bad. */
export function outcomeTone(outcome: string): string {
  if (outcome === 'ok') return 'good';
  return outcome === 'failed' || outcome === 'abandoned' ? 'bad' : 'warn';
}
