/** One tick as bars over time. */
import type { KeptTickJson } from '@tickscope/pipeline/protocol';
import { h } from './dom.js';
import { formatMicros, formatRound } from './format.js';
import { axisStep, type Extent, extentOf, type SpanRow, spanRows } from './span-rows.js';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A label that would start further right than this stands left of its bar. */
const LABEL_FLIP_PERCENT = 78;

export function waterfall(tick: KeptTickJson): HTMLElement {
  const rows = spanRows(tick);
  const extent = extentOf(tick, rows);
  const position = (millis: number) =>
    ((millis - extent.startMillis) / (extent.endMillis - extent.startMillis)) * 100;
  return h(
    'div',
    { class: 'waterfall' },
    axis(extent, tick.deadlineMillis, position),
    h('div', { class: 'rows' }, ...rows.map((row) => spanRow(row, tick, position))),
    eventsRow(tick, position),
  );
}

type Position = (millis: number) => number;

function axis(extent: Extent, deadlineMillis: number | null, position: Position): HTMLElement {
  const step = axisStep(extent.endMillis - extent.startMillis, 6);
  const lane = h('div', { class: 'lane axis' });
  for (let at = Math.ceil(extent.startMillis / step) * step; at <= extent.endMillis; at += step) {
    if (position(at) > 96) break;
    lane.append(placed(h('span', { class: 'tick num', text: formatRound(at) }), position(at)));
  }
  if (deadlineMillis !== null && deadlineMillis <= extent.endMillis) {
    lane.append(
      placed(
        h('span', { class: 'deadline-mark', title: `deadline ${formatRound(deadlineMillis)}` }),
        position(deadlineMillis),
      ),
    );
  }
  return h('div', { class: 'wf-row' }, h('div', { class: 'wf-name muted', text: 'Span' }), lane);
}

function spanRow({ span, depth }: SpanRow, tick: KeptTickJson, position: Position): HTMLElement {
  const isRoot = span.spanId === tick.rootSpanId;
  const left = position(span.startMillis);
  const right = position(span.startMillis + span.durationMillis);
  const tone = span.error !== null ? 'bad' : span.unfinished ? 'open' : isRoot ? 'root' : span.kind;
  const bar = placed(h('span', { class: `bar-span ${tone}` }), left);
  bar.style.width = `max(2px, ${right - left}%)`;
  const text = `${formatMicros(span.durationMillis)}${span.unfinished ? ', unfinished' : ''}`;
  const label = h('span', { class: 'bar-time num', text });
  if (right > LABEL_FLIP_PERCENT) {
    const isInside = right - left > 22;
    label.classList.add(isInside ? 'inside' : 'before');
    label.style.right = `${100 - (isInside ? right : left)}%`;
  } else {
    label.style.left = `${right}%`;
  }
  const lane = h('div', { class: 'lane' }, bar, label);
  const { deadlineMillis } = tick;
  if (deadlineMillis !== null && position(deadlineMillis) <= 100) {
    lane.append(placed(h('span', { class: 'deadline-line' }), position(deadlineMillis)));
  }
  if (isRoot) {
    for (const event of tick.events) {
      lane.append(placed(h('span', { class: 'event-mark', title: event.name }), position(event.timeMillis)));
    }
  }
  const name = h('span', { class: 'wf-name', title: span.name }, span.name);
  name.style.paddingLeft = `${depth * 14}px`;
  const summary = h('summary', { class: 'wf-row' }, name, lane);
  return h('details', {}, summary, spanFacts(span, tick));
}

function spanFacts(span: SpanRow['span'], tick: KeptTickJson): HTMLElement {
  const attributes =
    span.spanId === tick.rootSpanId ? { ...tick.attributes, ...span.attributes } : span.attributes;
  const end = span.startMillis + span.durationMillis;
  return h(
    'div',
    { class: 'facts-box' },
    span.error === null ? null : h('p', { class: 'bad-text', text: span.error }),
    definitionList({
      kind: span.kind,
      start: `+${formatMicros(span.startMillis)}`,
      end: `+${formatMicros(end)}`,
      'span id': span.spanId,
      ...attributes,
    }),
  );
}

function eventsRow(tick: KeptTickJson, position: Position): HTMLElement | null {
  if (tick.events.length === 0) return null;
  const items = tick.events.map((event) =>
    h(
      'details',
      {},
      h(
        'summary',
        { class: 'wf-row' },
        h(
          'span',
          { class: 'wf-name event-name' },
          h('i', { class: 'event-mark inline', 'aria-hidden': 'true' }),
          event.name,
        ),
        h(
          'div',
          { class: 'lane' },
          placed(h('span', { class: 'event-mark' }), position(event.timeMillis)),
          eventLabel(`+${formatMicros(event.timeMillis)}`, position(event.timeMillis)),
        ),
      ),
      h('div', { class: 'facts-box' }, definitionList(event.attributes)),
    ),
  );
  return h('div', { class: 'rows events' }, ...items);
}

function eventLabel(text: string, percent: number): HTMLElement {
  const label = h('span', { class: 'bar-time num', text });
  if (percent > LABEL_FLIP_PERCENT) {
    label.classList.add('before');
    label.style.right = `${100 - percent}%`;
  } else {
    label.style.left = `calc(${percent}% + 6px)`;
  }
  return label;
}

function definitionList(attributes: Attributes): HTMLElement {
  const list = h('dl');
  for (const [key, value] of Object.entries(attributes)) {
    list.append(h('dt', { text: key }), h('dd', { text: String(value) }));
  }
  return list;
}

function placed<T extends HTMLElement>(element: T, percent: number): T {
  element.style.left = `${percent}%`;
  return element;
}
