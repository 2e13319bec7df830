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
import { CellsMetricProducer } from './cells-metric-producer.js';
import { createMetricsExport } from './metrics-export.js';
import { pipelineSeries } from './pipeline-series.js';

function histogram(
  metric: string,
  family: BucketFamily,
  labels: Record<string, string>,
  valuesMillis: readonly number[],
): SeriesSnapshot {
  const cells = new Float64Array(cellCount(family));
  let sum = 0;
  let max = 0;
  for (const value of valuesMillis) {
    cells[cellIndex(family, value)]++;
    sum += value;
    max = Math.max(max, value);
  }
  return { metric, labels, type: 'histogram', family, cells, sum, max };
}

function counter(metric: string, labels: Record<string, string>, value: number): SeriesSnapshot {
  return { metric, labels, type: 'counter', value };
}

async function render(
  series: readonly SeriesSnapshot[],
  constantLabels: Record<string, string> = {},
): Promise<string> {
  const producer = new CellsMetricProducer({ read: () => series, startUnixNanos: 0n, constantLabels });
  const settings = {
    resource: { attributes: { 'service.name': 'mm-bot', 'service.instance.id': 'a"b' } },
    otlpMetrics: undefined,
  };
  return String(
    await createMetricsExport({ createProducer: () => producer, settings }).renderMetrics('text'),
  );
}

describe('/metrics text', () => {
  it('writes names, labels, help, types and values as the catalogue has them', async () => {
    const series = [
      counter(METRICS.ticks.name, { outcome: 'ok' }, 41),
      counter(METRICS.ticks.name, { outcome: 'guard', loop: 'hedge' }, 0),
      histogram(
        METRICS.exchangeRequestDuration.name,
        BUCKET_FAMILIES.network,
        { verb: 'POST', api: 'orders' },
        [2.5, 2.5001, 20_000],
      ),
      { metric: METRICS.parallelSymbols.name, labels: {}, type: 'gauge', value: 5 } as const,
    ];
    expect(await render(series, { venue: 'sim' })).toMatchInlineSnapshot(`
      "# HELP target_info Target metadata
      # TYPE target_info gauge
      target_info{service_name="mm-bot",service_instance_id="a\\"b"} 1
      # HELP mm_exchange_req_ms Duration of a request to the exchange
      # UNIT mm_exchange_req_ms ms
      # TYPE mm_exchange_req_ms histogram
      mm_exchange_req_ms_count{verb="POST",api="orders",venue="sim"} 3
      mm_exchange_req_ms_sum{verb="POST",api="orders",venue="sim"} 20005.0001
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="1"} 0
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="2"} 0
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="2.5"} 1
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="5"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="7.5"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="10"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="12.5"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="15"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="20"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="25"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="30"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="40"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="50"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="75"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="100"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="125"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="150"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="200"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="250"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="300"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="500"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="800"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="1000"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="2000"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="4000"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="8000"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="10240"} 2
      mm_exchange_req_ms_bucket{verb="POST",api="orders",venue="sim",le="+Inf"} 3
      # HELP mm_ticks_total Ticks by outcome, skipped ones included
      # UNIT mm_ticks_total {tick}
      # TYPE mm_ticks_total counter
      mm_ticks_total{outcome="ok",venue="sim"} 41
      mm_ticks_total{outcome="guard",loop="hedge",venue="sim"} 0
      # HELP mm_parallel_symbols Symbols with an open tick: maximum since the last collection
      # UNIT mm_parallel_symbols {symbol}
      # TYPE mm_parallel_symbols gauge
      mm_parallel_symbols{venue="sim"} 5
      "
    `);
  });

  it('writes the ledger and the OpenTelemetry self-metrics', async () => {
    const series = pipelineSeries({
      ledger: {
        recorded: 1000,
        exported: 100,
        notExported: 0,
        sampledOut: 850,
        dropped: { ring_full: 20, export_failed: 5, rejected: 2 },
        inFlight: { ring: 10, hold_back: 0, export_queue: 12, exporting: 3 },
      },
      keptBy: { ratio: 20, deadline_miss: 1 },
      ringFillRatio: 0.25,
      drainGapMillis: 21.5,
      lastTickAgeMillis: 1500,
      openTicks: 2,
      stuckTicks: 1,
      sampleRatio: 0.2,
      workerRestarts: 0,
      anomalies: { use_after_end: 3 },
      exportQueueCapacitySpans: 2048,
      metricExports: { ok: 4, failed: 1 },
      apiMetrics: { ageMillis: 250, leftOut: { duplicate: 2 } },
    });
    const text = await render(series);
    expect(samples(text).join('\n')).toMatchInlineSnapshot(`
      "target_info{service_name="mm-bot",service_instance_id="a\\"b"} 1
      tickscope_spans_recorded_total 1000
      tickscope_spans_exported_total 100
      tickscope_spans_not_exported_total 0
      tickscope_spans_sampled_out_total 850
      tickscope_spans_dropped_total{reason="ring_full"} 20
      tickscope_spans_dropped_total{reason="export_failed"} 5
      tickscope_spans_dropped_total{reason="rejected"} 2
      tickscope_spans_in_flight{place="ring"} 10
      tickscope_spans_in_flight{place="hold_back"} 0
      tickscope_spans_in_flight{place="export_queue"} 12
      tickscope_spans_in_flight{place="exporting"} 3
      tickscope_ticks_kept_total{reason="ratio"} 20
      tickscope_ticks_kept_total{reason="deadline_miss"} 1
      tickscope_ring_fill_ratio 0.25
      tickscope_drain_gap_seconds 0.0215
      tickscope_last_tick_age_seconds 1.5
      tickscope_open_ticks 2
      tickscope_stuck_ticks 1
      tickscope_sampling_ratio 0.2
      tickscope_worker_restarts_total 0
      tickscope_recorder_anomalies_total{kind="use_after_end"} 3
      tickscope_metric_exports_total{outcome="ok"} 4
      tickscope_metric_exports_total{outcome="failed"} 1
      tickscope_api_metrics_age_seconds 0.25
      tickscope_api_metrics_left_out{reason="duplicate"} 2
      otel_sdk_span_started_total 1000
      otel_sdk_exporter_span_exported_total{otel_component_name="otlp_http_json_span_exporter/0",otel_component_type="otlp_http_json_span_exporter"} 100
      otel_sdk_exporter_span_exported_total{otel_component_name="otlp_http_json_span_exporter/0",otel_component_type="otlp_http_json_span_exporter",error_type="export_failed"} 5
      otel_sdk_exporter_span_exported_total{otel_component_name="otlp_http_json_span_exporter/0",otel_component_type="otlp_http_json_span_exporter",error_type="rejected"} 2
      otel_sdk_exporter_span_inflight{otel_component_name="otlp_http_json_span_exporter/0",otel_component_type="otlp_http_json_span_exporter"} 3
      otel_sdk_processor_span_queue_size{otel_component_name="batching_span_processor/0",otel_component_type="batching_span_processor"} 12
      otel_sdk_processor_span_queue_capacity{otel_component_name="batching_span_processor/0",otel_component_type="batching_span_processor"} 2048"
    `);
  });

  it('spells every name of the catalogue exactly', async () => {
    const series = Object.values(METRICS).map((definition): SeriesSnapshot => {
      const labels = Object.fromEntries(definition.labels.map((label) => [label, 'x']));
      if (definition.type === 'histogram') {
        return histogram(definition.name, BUCKET_FAMILIES[definition.family], labels, [1]);
      }
      return { metric: definition.name, labels, type: definition.type, value: 1 };
    });
    const types = (await render(series)).match(/^# TYPE .*$/gm);
    const expected = Object.values(METRICS).map(({ name, type }) => `# TYPE ${name} ${type}`);
    expect(types).toEqual(['# TYPE target_info gauge', ...expected]);
  });

  it('escapes label values', async () => {
    const text = await render([counter('mm_ticks_total', { outcome: 'a"b\\c\nd é 漢' }, 1)]);
    expect(samples(text)).toContain('mm_ticks_total{outcome="a\\"b\\\\c\\nd é 漢"} 1');
  });

  it('lets a label of a series win over a constant label', async () => {
    const text = await render([counter('mm_ticks_total', { outcome: 'ok' }, 1)], {
      outcome: 'x',
      venue: 'sim',
    });
    expect(samples(text)).toContain('mm_ticks_total{outcome="ok",venue="sim"} 1');
  });

  it('fails rather than looks empty when the series cannot be read', async () => {
    const producer = new CellsMetricProducer({
      read: () => {
        throw new Error('memory is gone');
      },
      startUnixNanos: 0n,
    });
    const settings = { resource: { attributes: {} }, otlpMetrics: undefined };
    await expect(
      createMetricsExport({ createProducer: () => producer, settings }).renderMetrics('text'),
    ).rejects.toThrow('memory is gone');
  });

  it('has monotone buckets whose last is the count, whatever the cells hold', async () => {
    const family = fc.constantFrom(...Object.values(BUCKET_FAMILIES));
    const cells = family.chain((of) =>
      fc.tuple(
        fc.constant(of),
        fc.array(fc.tuple(fc.nat(cellCount(of) - 1), fc.integer({ min: 1, max: 2 ** 40 })), {
          maxLength: 60,
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(cells, async ([of, entries]) => {
        const one = histogram('mm_x_ms', of, { stage: 's' }, []);
        if (one.type !== 'histogram') throw new Error('unreachable');
        for (const [index, count] of entries) one.cells[index] += count;
        const lines = samples(await render([one]));
        const values = (suffix: string) =>
          lines
            .filter((line) => line.startsWith(`mm_x_ms${suffix}{`))
            .map((line) => Number(line.split(' ').at(-1)));
        const buckets = values('_bucket');
        expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
        expect(buckets).toHaveLength(of.boundsMillis.length + 1);
        expect(values('_count')).toEqual([buckets.at(-1)]);
        expect(buckets.at(-1)).toBe(entries.reduce((total, [, count]) => total + count, 0));
      }),
    );
  });
});

function samples(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
