import { TickscopeError } from '@tickscope/core';
import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from './options.js';
import { resolveConfig } from './resolve.js';
import { yaml } from './yaml-file.test.fixture.js';

function refusal(options: unknown, environment: Record<string, string> = {}): string {
  try {
    resolveConfig(options as RegisterOptions, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(TickscopeError);
    expect((error as TickscopeError).code).toBe('TICKSCOPE_INVALID_CONFIG');
    return (error as TickscopeError).message;
  }
  throw new Error('nothing was refused');
}

describe('a refused configuration', () => {
  it('names every problem of every source at once', () => {
    const file = yaml('trace:\n  sample_rate: 20\n  dedline_ms: 5\n');
    const message = refusal(
      {
        config: file,
        service: '',
        sampleRatio: 20,
        sample_rate: 0.2,
        deadlineMs: Number.NaN,
        stages: ['fetch_md', 'fetch_md'],
        guardReasons: ['stale book'],
        mode: 'on',
        ring: { slots: 100_000, overflow: 'wrap', size: 1 },
        prometheus: { port: 65_536 },
        otlp: {
          endpoint: 'http://user:secret@collector/?token=secret',
          headers: { authorization: 5 },
          traces: { endpoint: 'grpc://user:secret@collector:4317?token=secret' },
        },
        exportQueue: 5,
        maxOpenTicks: 1.5,
        enabled: null,
      },
      { METRICS_PORT: 'http', TICKSCOPE_CONFIG: './unused.yaml' },
    );
    expect(message).toBe(
      `Tickscope's configuration has 19 problems:
  service: expected a non-empty text of at most 255 characters, got "" (code)
  sampleRatio: expected a number from 0 to 1 (0, or at least 2^-32), got 20 (code)
  sample_rate: expected a known key (nearest: sampleRatio), got "sample_rate" (code)
  deadlineMs: expected a number of milliseconds above 0, got NaN (code)
  stages: expected each stage once, got "fetch_md" twice (code)
  guardReasons: expected guard reasons of 1 to 64 letters, digits and _ . : / -, got "stale book" (code)
  mode: expected one of off, metrics, sampled, full, got "on" (code)
  ring.slots: expected a power of two from 1024 to 16777216, got 100000 (code)
  ring.overflow: expected one of drop, overwrite, got "wrap" (code)
  ring.size: expected one of the keys slots, overflow, got "size" (code)
  prometheus.port: expected an integer from 0 to 65535, got 65536 (code)
  otlp.headers: expected a text for authorization, got a number (code)
  otlp.traces.endpoint: expected an http:// or https:// URL, got "grpc://***@collector:4317?***" (code)
  exportQueue: expected an object, got 5 (code)
  maxOpenTicks: expected an integer from 1 to 4096, got 1.5 (code)
  enabled: expected true or false, got null (code)
  METRICS_PORT: expected an integer from 0 to 65535, got "http" (environment METRICS_PORT)
  trace.sample_rate: expected a number from 0 to 1 (0, or at least 2^-32), got 20 (file ${file}:2)
  trace.dedline_ms: expected a known key (nearest: deadline_ms), got "dedline_ms" (file ${file}:3)`,
    );
  });

  it.each<[options: unknown, problem: string]>([
    ['mm-bot', 'options: expected an object, got "mm-bot" (code)'],
    [{ stages: 'spread' }, 'stages: expected an array of at most 64 stages, got "spread" (code)'],
    [
      { stages: ['wait'] },
      'stages: expected stages other than tick_total and wait, which are reserved, got "wait" (code)',
    ],
    [
      { stages: ['x'.repeat(65)] },
      'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got one of 65 characters (code)',
    ],
    [{ stages: [''] }, 'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got "" (code)'],
    [{ stages: [7] }, 'stages: expected stages of 1 to 64 letters, digits and _ . : / -, got 7 (code)'],
    [
      { constantLabels: { stage: 'x' } },
      'constantLabels: expected labels that no series has already, got "stage" (code)',
    ],
    [
      { constantLabels: { 'a-b': 'x' } },
      'constantLabels: expected label names of letters, digits and _ that do not begin with a digit or __, got "a-b" (code)',
    ],
    [
      { resource: { 'telemetry.sdk.name': 'x' } },
      'resource: expected no attributes under telemetry.sdk, which are Tickscope\'s own, got "telemetry.sdk.name" (code)',
    ],
    [
      { resource: { team: null } },
      'resource: expected a text, finite number or boolean for team, got null (code)',
    ],
    [
      { otlp: { endpoint: 'http://c:4318/v1/traces' } },
      'otlp.endpoint: expected a base URL, to which /v1/traces is appended, got "http://c:4318/v1/traces" (code)',
    ],
    [
      { otlp: { headers: { 'a b': 'x' } } },
      'otlp.headers: expected header names as HTTP has them, got "a b" (code)',
    ],
    [
      { otlp: { headers: { token: 'geheim\n' } } },
      'otlp.headers: expected a text for token that HTTP can carry, got one with other characters (not shown) (code)',
    ],
    [{ otlp: true }, 'otlp: expected false or an object, got true (code)'],
    [{ otlp: { metrics: 1 } }, 'otlp.metrics: expected true, false or an object, got 1 (code)'],
    [
      { otlp: { traces: { intervalMs: 1 } } },
      'otlp.traces.intervalMs: expected one of the keys endpoint, headers, timeoutMs, compression, certificateFile, clientKeyFile, clientCertificateFile, got "intervalMs" (code)',
    ],
    [
      { exportQueue: { maxSpans: 10, batchSpans: 20 } },
      "exportQueue.batchSpans: expected at most the queue's 10 spans, got 20 (code)",
    ],
    [
      { sampleRatio: 2 ** -33 },
      `sampleRatio: expected a number from 0 to 1 (0, or at least 2^-32), got ${2 ** -33} (code)`,
    ],
    [
      { config: '/nowhere/tickscope.yaml' },
      'config: expected a readable file, got "/nowhere/tickscope.yaml": ENOENT (code)',
    ],
    [{ quux: 1 }, 'quux: expected one of the keys enabled, service, '],
  ])('says of %j what is wrong', (options, problem) => {
    expect(refusal(options)).toContain(`Tickscope's configuration has a problem:\n  ${problem}`);
  });

  it('never shows a secret', () => {
    const message = refusal(
      {
        otlp: {
          endpoint: 'ftp://user:geheim@host/?key=geheim',
          headers: { authorization: 'geheim\n' },
          traces: { endpoint: 'user:geheim@host:1' },
          metrics: { endpoint: '#geheim' },
        },
      },
      {},
    );
    expect(message).not.toContain('geheim');
    expect(message).toContain('ftp://***@host/?***');
  });
});
