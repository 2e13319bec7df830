import type { KeptTickJson } from '@tickscope/pipeline/protocol';
import { describe, expect, it } from 'vitest';
import { axisStep, extentOf, type SpanJson, spanRows } from './span-rows.js';

function span(spanId: string, parentSpanId: string, startMillis: number, durationMillis: number): SpanJson {
  return {
    spanId,
    parentSpanId,
    name: spanId,
    kind: 'stage',
    startMillis,
    durationMillis,
    unfinished: false,
    error: null,
    attributes: {},
  };
}

function tick(spans: readonly SpanJson[], overrides: Partial<KeptTickJson> = {}): KeptTickJson {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    startUnixMillis: 0,
    durationMillis: 10,
    symbol: null,
    loop: null,
    outcome: 'ok',
    missed: false,
    unfinished: false,
    keptBy: [],
    guardReasons: [],
    slowestStage: null,
    exportState: 'exported',
    deadlineMillis: null,
    attributes: {},
    error: null,
    spans,
    events: [],
    rootSpanId: 'root',
    ...overrides,
  };
}

function tree(spans: readonly SpanJson[]): string[] {
  return spanRows(tick(spans)).map(({ span: { name }, depth }) => `${' '.repeat(depth)}${name}`);
}

describe('the rows of a waterfall', () => {
  it('are a tree under the tick, siblings by start', () => {
    const spans = [
      span('emit', 'root', 5, 4),
      span('guards', 'root', 2, 2),
      span('POST orders', 'emit', 6, 2),
      span('position', 'guards', 2, 1),
    ];
    expect(tree(spans)).toEqual(['tick_total', ' guards', '  position', ' emit', '  POST orders']);
  });

  it('show a span whose parent was lost under the tick, and survive a span that is its own parent', () => {
    expect(tree([span('orphan', 'gone', 1, 1), span('self', 'self', 2, 1)])).toEqual([
      'tick_total',
      ' orphan',
      ' self',
    ]);
  });

  it('show the root once when it is among the spans', () => {
    expect(tree([{ ...span('root', '', 0, 10), name: 'mine' }, span('a', 'root', 1, 1)])).toEqual([
      'mine',
      ' a',
    ]);
  });
});

describe('the extent', () => {
  const extent = (deadlineMillis: number | null, spans: readonly SpanJson[] = []) => {
    const shown = tick(spans, { deadlineMillis });
    return extentOf(shown, spanRows(shown));
  };

  it('holds the tick, spans that outlive it, and a deadline that was near', () => {
    expect(extent(null)).toEqual({ startMillis: 0, endMillis: 10 });
    expect(extent(null, [span('late', 'root', 8, 7)])).toEqual({ startMillis: 0, endMillis: 15 });
    expect(extent(12)).toEqual({ startMillis: 0, endMillis: 12 });
    expect(extent(200)).toEqual({ startMillis: 0, endMillis: 10 });
  });

  it('is never empty', () => {
    const shown = tick([], { durationMillis: 0 });
    const { startMillis, endMillis } = extentOf(shown, spanRows(shown));
    expect(endMillis).toBeGreaterThan(startMillis);
  });
});

it('axis steps are round and give about as many labels as asked for', () => {
  expect([23, 0.01, 6, 1000].map((length) => axisStep(length, 6))).toEqual([5, 0.002, 1, 200]);
});
