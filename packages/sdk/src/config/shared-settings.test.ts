import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from './options.js';
import { resolveConfig } from './resolve.js';
import { sharedSettings, wishedSettings } from './shared-settings.js';

const shared = (options: RegisterOptions, environment = {}) =>
  sharedSettings(resolveConfig(options, environment));
const wished = (options: RegisterOptions, environment = {}) =>
  Object.keys(wishedSettings(resolveConfig(options, environment)));

describe('the settings that threads share', () => {
  it('are those of the pipeline, none of the thread', () => {
    const of = (options: RegisterOptions) => JSON.stringify(shared(options));
    expect(of({ stages: ['a'], deadlineMs: 5, sampleRatio: 0.5, mode: 'metrics' })).toBe(of({}));
    expect(of({ prometheus: { port: 9000 } })).not.toBe(of({}));
    expect(of({ otlp: { endpoint: 'http://c', headers: { token: 'x' } } })).not.toBe(
      of({ otlp: { endpoint: 'http://c', headers: { token: 'y' } } }),
    );
  });

  it('are wished for where somebody has set them', () => {
    expect(wished({ stages: ['a'] })).toEqual([]);
    expect(wished({ service: 'mm-bot', prometheus: { port: 9000 }, stuckAfterMs: 1_000 }).sort()).toEqual([
      'prometheus',
      'prometheus.port',
      'resource.service.name',
      'stuckAfterMs',
    ]);
    expect(wished({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' })).toEqual(['otlp.traces']);
  });

  it('are the same for the same configuration in another thread', () => {
    const options = { service: 'mm-bot', otlp: { endpoint: 'http://c', metrics: { intervalMs: 500 } } };
    const first = shared(options);
    for (const [path, value] of Object.entries(wishedSettings(resolveConfig(options, {})))) {
      expect(first[path]).toBe(value);
    }
  });
});
