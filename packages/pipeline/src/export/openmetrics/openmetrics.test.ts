import {
  BUCKET_FAMILIES,
  type BucketFamily,
  cellCount,
  cellIndex,
  METRICS,
  type SeriesSnapshot,
} from '@tickscope/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExpositionFormat } from '../../exposition-format.js';
import { CellsMetricProducer } from '../metrics/cells-metric-producer.js';
import type { Exemplar } from '../metrics/exemplar.js';
import { createMetricsExport } from '../metrics/metrics-export.js';
import { decodeFamilies } from './metric-family.test.fixture.js';

const EXEMPLAR: Exemplar = {
  value: 2.25,
  time: [1_790_000_000, 5_000_000],
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
};

function histogram(
  metric: string,
  family: BucketFamily,
  labels: Record<string, string>,
  millis: readonly number[],
): SeriesSnapshot {
  const cells = new Float64Array(cellCount(family));
  for (const value of millis) cells[cellIndex(family, value)]++;
  const sum = millis.reduce((total, value) => total + value, 0);
  return { metric, labels, type: 'histogram', family, cells, sum, max: Math.max(0, ...millis) };
}

function renderer(
  series: readonly SeriesSnapshot[],
  exemplarsOf: (key: string) => ReadonlyMap<number, Exemplar> | undefined = () => undefined,
): (format: ExpositionFormat) => Promise<string | Buffer> {
  const producer = new CellsMetricProducer({ read: () => series, startUnixNanos: 0n, exemplarsOf });
  const settings = {
    resource: { attributes: { 'service.name': 'mm-bot', 'service.instance.id': 'a"\\\nb' } },
    otlpMetrics: undefined,
  };
  return createMetricsExport({ createProducer: () => producer, settings }).renderMetrics;
}

describe('/metrics as OpenMetrics', () => {
  it('has families without _total, units where names end in them, exemplars on buckets and counters', async () => {
    const render = renderer(
      [
        histogram(
          METRICS.databaseDuration.name,
          BUCKET_FAMILIES.network,
          { table: 'a"\\\nb' },
          [2.25, 9_999],
        ),
        { metric: METRICS.ticks.name, labels: { outcome: 'ok' }, type: 'counter', value: 41 },
        { metric: METRICS.lastTickAge.name, labels: {}, type: 'gauge', value: 1.5 },
        { metric: METRICS.spansInFlight.name, labels: { place: 'ring' }, type: 'gauge', value: 3 },
        { metric: METRICS.otelSpansStarted.name, labels: { 'a.b': 'c' }, type: 'counter', value: 9 },
      ],
      (key) => {
        if (key.startsWith(METRICS.databaseDuration.name)) return new Map([[2, EXEMPLAR]]);
        return new Map([[0, { ...EXEMPLAR, value: 1 }]]);
      },
    );
    const text = String(await render('openmetrics'));
    const shown = text.split('\n').filter((line) => !/le="(1?[05]|7.5|12.5|[2-8]0|\d{3,5})\.0"/.test(line));
    expect(shown.join('\n')).toMatchInlineSnapshot(`
      "# TYPE target info
      # HELP target Target metadata
      target_info{service_name="mm-bot",service_instance_id="a\\"\\\\\\nb"} 1
      # TYPE mm_ticks counter
      # HELP mm_ticks Ticks by outcome, skipped ones included
      mm_ticks_total{outcome="ok"} 41 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 1 1790000000.005000000
      # TYPE database_query_duration_milliseconds histogram
      # UNIT database_query_duration_milliseconds milliseconds
      # HELP database_query_duration_milliseconds Duration of a database query
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="1.0"} 0
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="2.0"} 0
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="2.5"} 1 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 2.25 1790000000.005000000
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="7.5"} 1
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="12.5"} 1
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="25.0"} 1
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="75.0"} 1
      database_query_duration_milliseconds_bucket{table="a\\"\\\\\\nb",le="+Inf"} 2
      database_query_duration_milliseconds_count{table="a\\"\\\\\\nb"} 2
      database_query_duration_milliseconds_sum{table="a\\"\\\\\\nb"} 10001.25
      # TYPE tickscope_spans_in_flight gauge
      # HELP tickscope_spans_in_flight Spans between recording and export by place
      tickscope_spans_in_flight{place="ring"} 3
      # TYPE tickscope_last_tick_age_seconds gauge
      # UNIT tickscope_last_tick_age_seconds seconds
      # HELP tickscope_last_tick_age_seconds Time since a tick last began or ended; absent before the first
      tickscope_last_tick_age_seconds 1.5
      # TYPE otel_sdk_span_started counter
      # HELP otel_sdk_span_started The number of created spans
      otel_sdk_span_started_total{a_b="c"} 9 # {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 1 1790000000.005000000
      # EOF
      "
    `);
  });

  it('gives the same samples as text 0.0.4 and as protobuf', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 });
    const labels = fc.record({ stage: text, symbol: text }, { requiredKeys: ['stage'] });
    const families = fc.constantFrom(...Object.values(BUCKET_FAMILIES));
    const value = fc.double({ noDefaultInfinity: true, noNaN: true });
    const durations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 20 });
    const one: fc.Arbitrary<SeriesSnapshot> = fc.oneof(
      fc.record({
        metric: fc.constantFrom(METRICS.ticks.name, METRICS.guardTrips.name, 'own_total'),
        labels,
        type: fc.constant('counter' as const),
        value,
      }),
      fc.record({
        metric: fc.constantFrom(METRICS.ringFillRatio.name, METRICS.openTicks.name),
        labels,
        type: fc.constant('gauge' as const),
        value: fc.oneof(value, fc.constantFrom(Number.POSITIVE_INFINITY, Number.NaN)),
      }),
      fc
        .tuple(families, labels, durations)
        .map(([family, set, millis]) => histogram(METRICS.stageDuration.name, family, set, millis)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 80 }), async (series) => {
        const render = renderer(series, () => new Map([[0, EXEMPLAR]]));
        const plain = samples(String(await render('text')));
        const openMetrics = String(await render('openmetrics'));
        expect(samples(openMetrics)).toEqual(plain);
        expect(openMetrics.endsWith('# EOF\n')).toBe(true);
        expect(samplesOfFamilies(await render('protobuf'))).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it('lets others have a turn while thousands of series are rendered', async () => {
    const series = Array.from({ length: 3_000 }, (_, index) =>
      histogram(METRICS.stageDuration.name, BUCKET_FAMILIES.compute_coarse, { stage: String(index) }, [1]),
    );
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const text = String(await renderer(series)('openmetrics'));
    isDone = true;
    expect(text.match(/# TYPE/g)).toHaveLength(2);
    expect(turns).toBeGreaterThan(5);
  });
});

/** Name, labels and value, sorted, whatever the order of buckets and sums; `le` as a number. */
function samples(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line
        .replace(/ # \{trace_id=[^}]*\} \S+ \S+$/, '')
        .replace(/le="([^"]*)"/, (_, le) => `le="${le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)}"`)
        .replace(/ (\+?)(-?)Inf$/, ' $2Infinity'),
    )
    .sort();
}

function samplesOfFamilies(bytes: string | Buffer): string[] {
  const escaped = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
  const lines: string[] = [];
  for (const { name, metrics } of decodeFamilies(bytes as Buffer)) {
    for (const { labels, value, histogram: of } of metrics) {
      const line = (suffix: string, figure: number | undefined, more: [string, string][] = []) => {
        const set = [...labels, ...more].map(([key, text]) => `${key}="${escaped(text)}"`).join(',');
        lines.push(`${name}${suffix}${set === '' ? '' : `{${set}}`} ${figure}`);
      };
      if (of === undefined) line('', value);
      else {
        line('_count', of.count);
        line('_sum', of.sum);
        for (const [bound, cumulative] of of.buckets) line('_bucket', cumulative, [['le', String(bound)]]);
      }
    }
  }
  return lines.sort();
}
