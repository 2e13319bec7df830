import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsFromFile } from './file.js';
import { problemText } from './problem.js';
import { resolveConfig } from './resolve.js';

const path = join(mkdtempSync(join(tmpdir(), 'tickscope-file-')), 'tickscope.yaml');

function read(text: string, environment: Record<string, string> = {}) {
  writeFileSync(path, text);
  const claims = claimsFromFile(path, 'code', environment);
  const readable = (line: string) => line.replaceAll(path, 'tickscope.yaml');
  return {
    claims,
    problems: claims.problems.map(problemText).map(readable),
    warnings: claims.warnings.map(readable),
  };
}

const WHOLE_FILE = `trace:
  enabled: true
  sample_rate: 0.2            # share of ordinary ticks traced
  deadline_ms: 200.0
  export_golden: true
  golden_trace_interval: 100  # every Nth tick is kept as a golden trace
metrics:
  enabled: true
  sampling: { default_rate: 1.0, adaptive: true, high_load_threshold: 1000, high_load_rate: 0.1 }
  buffer: { size: 131072, overflow_strategy: overwrite }
  aggregation: { interval_ms: 100, percentiles: [50, 95, 99, 99.9], sliding_windows: [1s, 5s, 1m] }
  export: { enabled: true, interval_s: 60, formats: [json, prometheus], output_dir: ./metrics_exports }
  sla_thresholds:             # nanoseconds
    CANDLE_PROCESSING: 50000000
    ORDER_FILL: 100000000
  alerting:
    enabled: true
    slack_webhook: \${SLACK_WEBHOOK_URL}
    alert_on: [sla_violation, queue_backlog_high, gc_pause_long]
`;

describe('the configuration file', () => {
  it('loads whole, and lists what is not in effect yet', () => {
    const { problems, warnings } = read(WHOLE_FILE);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      'metrics.sampling.default_rate: not yet in effect (file tickscope.yaml:9)',
      'metrics.sampling.adaptive: not yet in effect (file tickscope.yaml:9)',
      'metrics.sampling.high_load_threshold: not yet in effect (file tickscope.yaml:9)',
      'metrics.sampling.high_load_rate: not yet in effect (file tickscope.yaml:9)',
      'metrics.buffer.size: not yet in effect (file tickscope.yaml:10)',
      'metrics.buffer.overflow_strategy: not yet in effect (file tickscope.yaml:10)',
      'metrics.aggregation.interval_ms: not yet in effect (file tickscope.yaml:11)',
      'metrics.aggregation.percentiles: not yet in effect (file tickscope.yaml:11)',
      'metrics.aggregation.sliding_windows: not yet in effect (file tickscope.yaml:11)',
      'metrics.export.enabled: not yet in effect (file tickscope.yaml:12)',
      'metrics.export.interval_s: not yet in effect (file tickscope.yaml:12)',
      'metrics.export.formats: not yet in effect (file tickscope.yaml:12)',
      'metrics.export.output_dir: not yet in effect (file tickscope.yaml:12)',
      'metrics.sla_thresholds: not yet in effect (file tickscope.yaml:13)',
      'metrics.alerting.enabled: not yet in effect (file tickscope.yaml:17)',
      'metrics.alerting.slack_webhook: not yet in effect (file tickscope.yaml:18)',
      'metrics.alerting.alert_on: not yet in effect (file tickscope.yaml:19)',
    ]);
  });

  it('decides with the line as the origin', () => {
    writeFileSync(path, WHOLE_FILE);
    const config = resolveConfig({ config: path }, {});
    expect(config).toMatchObject({
      mode: 'sampled',
      sampleRatio: 0.2,
      deadlineMillis: 200,
      goldenInterval: 100,
    });
    expect(config.origins).toMatchObject({
      mode: `file ${path}:3`,
      sampleRatio: `file ${path}:3`,
      deadlineMs: `file ${path}:4`,
      goldenInterval: `file ${path}:6`,
    });
  });

  it('is found by TICKSCOPE_CONFIG', () => {
    writeFileSync(path, 'trace: { sample_rate: 0.25 }');
    expect(resolveConfig({}, { TICKSCOPE_CONFIG: path }).sampleRatio).toBe(0.25);
  });

  it.each<[text: string, interval: number | undefined]>([
    ['trace: { export_golden: true }', 100],
    ['trace: { export_golden: true, golden_trace_interval: 7 }', 7],
    ['trace: { export_golden: false, golden_trace_interval: 7 }', 0],
    ['trace: { golden_trace_interval: 7 }', undefined],
    ['', undefined],
  ])('%j keeps every Nth tick only when it is asked to', (text, interval) => {
    expect(read(text).claims.get('goldenInterval')?.value).toBe(interval);
  });

  it.each<[text: string, problem: string]>([
    ['trace', 'config: expected a mapping, got "trace" (file tickscope.yaml:1)'],
    ['- trace', 'config: expected a mapping, got a list (file tickscope.yaml:1)'],
    ['trace: true', 'trace: expected a mapping, got true (file tickscope.yaml:1)'],
    ['trace:', 'trace: expected a mapping, got null (file tickscope.yaml:1)'],
    ['\ntrcae: {}', 'trcae: expected a known key (nearest: trace), got "trcae" (file tickscope.yaml:2)'],
    [
      'trace:\n  golden_interval: 5',
      'trace.golden_interval: expected a known key (nearest: golden_trace_interval), got "golden_interval" (file tickscope.yaml:2)',
    ],
    [
      'trace:\n  sampleRate: 5',
      'trace.sampleRate: expected a known key (nearest: sample_rate), got "sampleRate" (file tickscope.yaml:2)',
    ],
    [
      'metrics: { samplng: {} }',
      'metrics.samplng: expected a known key (nearest: sampling), got "samplng" (file tickscope.yaml:1)',
    ],
    [
      'metrics: { buffer: { sizee: 1 } }',
      'metrics.buffer.sizee: expected a known key (nearest: size), got "sizee" (file tickscope.yaml:1)',
    ],
    ['metrics: { buffer: 5 }', 'metrics.buffer: expected a mapping, got 5 (file tickscope.yaml:1)'],
    [
      'metrics: { constructor: 5 }',
      'metrics.constructor: expected one of the keys enabled, sampling, buffer, aggregation, export, sla_thresholds, alerting, got "constructor" (file tickscope.yaml:1)',
    ],
    ['trace: { enabled: yes }', 'trace.enabled: expected true or false, got "yes" (file tickscope.yaml:1)'],
    [
      'trace: { sample_rate: "0.2" }',
      'trace.sample_rate: expected a number from 0 to 1 (0, or at least 2^-32), got "0.2" (file tickscope.yaml:1)',
    ],
    [
      'trace: { deadline_ms: [1] }',
      'trace.deadline_ms: expected a number of milliseconds above 0, got a list or mapping (file tickscope.yaml:1)',
    ],
    [
      'trace: { golden_trace_interval: 0 }',
      'trace.golden_trace_interval: expected an integer from 1 to 4294967295, got 0 (file tickscope.yaml:1)',
    ],
    [
      'trace: { enabled: true, enabled: false }',
      'config: expected valid YAML, got Map keys must be unique (file tickscope.yaml:1)',
    ],
  ])('refuses %j', (text, problem) => {
    expect(read(text).problems).toEqual([problem]);
  });

  it('refuses text that is no YAML, and one that is too long', () => {
    expect(read('trace: {').problems[0]).toMatch(
      /^config: expected valid YAML, got .+ \(file tickscope\.yaml:1\)$/,
    );
    expect(read(`# ${'x'.repeat(1_048_576)}`).problems[0]).toContain('a file of at most 1048576 bytes');
  });

  it('warns of a golden interval that is not switched on', () => {
    expect(read('trace: { golden_trace_interval: 7 }').warnings).toEqual([
      'trace.golden_trace_interval: has no effect without export_golden: true (file tickscope.yaml:1)',
    ]);
  });

  it('resolves anchors', () => {
    const { claims, problems } = read('metrics: &m { enabled: &on true }\ntrace: { enabled: *on }');
    expect([problems, claims.traceEnabled?.value]).toEqual([[], true]);
  });
});

describe('substitution', () => {
  const reference = (body: string): string => `\${${body}}`;
  const sampleRate = (value: string): string => `trace:\n  sample_rate: ${value}`;
  const expected = 'trace.sample_rate: expected a number from 0 to 1 (0, or at least 2^-32), got';

  it.each<[value: string, ratio: number]>([
    [reference('RATE'), 0.4],
    [reference('env:RATE'), 0.4],
    [reference('EMPTY:-0.3'), 0.3],
    [reference('UNSET:-0.3'), 0.3],
    [`0.${reference('DIGIT')}`, 0.7],
  ])('makes a number of %s', (value, ratio) => {
    const { claims, problems } = read(sampleRate(value), { RATE: '0.4', EMPTY: '', DIGIT: '7' });
    expect([problems, claims.get('sampleRatio')?.value]).toEqual([[], ratio]);
  });

  it('refuses a value whose variable is not set', () => {
    expect(read(sampleRate(reference('RATE'))).problems).toEqual([
      `${expected} "${reference('RATE')}" and no variable RATE (file tickscope.yaml:2)`,
    ]);
  });

  it('never shows what a variable holds', () => {
    expect(read(sampleRate(reference('RATE')), { RATE: 'geheim' }).problems).toEqual([
      `${expected} what "${reference('RATE')}" holds (not shown) (file tickscope.yaml:2)`,
    ]);
  });

  it('cannot add structure', () => {
    const { claims, problems } = read(sampleRate(reference('RATE')), { RATE: '0.2\n  enabled: false' });
    expect([problems.length, claims.traceEnabled]).toEqual([1, undefined]);
  });

  it('leaves a doubled dollar sign alone', () => {
    expect(read(sampleRate(`$${reference('RATE')}`), { RATE: '0.4' }).problems).toEqual([
      `${expected} "${reference('RATE')}" (file tickscope.yaml:2)`,
    ]);
  });
});
