/** From a tick's spans to the rows of a waterfall. */
import type { KeptTickJson } from '@tickscope/pipeline/protocol';

export type SpanJson = KeptTickJson['spans'][number];

export interface SpanRow {
  readonly span: SpanJson;
  readonly depth: number;
}

export interface Extent {
  readonly startMillis: number;
  readonly endMillis: number;
}

/** Depth first, siblings by start; a span whose parent is unknown hangs under the root. The root comes first. */
export function spanRows(tick: KeptTickJson): SpanRow[] {
  const root = rootSpan(tick);
  const others = tick.spans.filter(({ spanId }) => spanId !== tick.rootSpanId);
  const known = new Set(others.map(({ spanId }) => spanId));
  const children = new Map<string, SpanJson[]>();
  for (const span of others) {
    const parent =
      known.has(span.parentSpanId) && span.parentSpanId !== span.spanId ? span.parentSpanId : root.spanId;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  const rows: SpanRow[] = [];
  const visit = (span: SpanJson, depth: number) => {
    rows.push({ span, depth });
    const below = children.get(span.spanId) ?? [];
    children.delete(span.spanId);
    for (const child of below.sort((a, b) => a.startMillis - b.startMillis)) visit(child, depth + 1);
  };
  visit(root, 0);
  return rows;
}

/** From the first start to the last end, the deadline included when the tick came near it. */
export function extentOf(tick: KeptTickJson, rows: readonly SpanRow[]): Extent {
  let startMillis = 0;
  let endMillis = tick.durationMillis;
  for (const { span } of rows) {
    startMillis = Math.min(startMillis, span.startMillis);
    endMillis = Math.max(endMillis, span.startMillis + span.durationMillis);
  }
  const { deadlineMillis } = tick;
  if (deadlineMillis !== null && deadlineMillis < endMillis * 1.5)
    endMillis = Math.max(endMillis, deadlineMillis);
  if (endMillis <= startMillis) endMillis = startMillis + 0.001;
  return { startMillis, endMillis };
}

/** Round distances for an axis with about `count` labels. */
export function axisStep(lengthMillis: number, count: number): number {
  const raw = lengthMillis / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10;
  return step * power;
}

function rootSpan(tick: KeptTickJson): SpanJson {
  const found = tick.spans.find(({ spanId }) => spanId === tick.rootSpanId);
  if (found !== undefined) return found;
  const { rootSpanId, durationMillis, unfinished, error, attributes } = tick;
  return {
    spanId: rootSpanId,
    parentSpanId: '',
    name: 'tick_total',
    kind: 'tick',
    startMillis: 0,
    durationMillis,
    unfinished,
    error,
    attributes,
  };
}
