import { describe, expect, it } from 'vitest';
import { TickscopeMetricReader } from './metric-reader.js';

const EMPTY = { collect: async () => ({ resourceMetrics: { scopeMetrics: [] } }) };

describe('a metric reader', () => {
  it('takes one provider only, as the specification wants it', () => {
    const reader = new TickscopeMetricReader();
    reader.setMetricProducer(EMPTY);
    expect(() => reader.setMetricProducer(EMPTY)).toThrow('bound to a MeterProvider already');
  });

  it('never rejects, whatever the provider does', async () => {
    for (const collect of [
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('no');
      },
      async () => undefined as never,
      async () => ({ resourceMetrics: { scopeMetrics: [() => {}] } }),
      async () => {
        const cyclic: unknown[] = [() => {}];
        cyclic.push(cyclic);
        return { resourceMetrics: { scopeMetrics: cyclic } };
      },
    ]) {
      const reader = new TickscopeMetricReader();
      reader.setMetricProducer({ collect });
      await reader.forceFlush();
      await reader.shutdown();
      await reader.shutdown();
      await reader.forceFlush();
    }
  });

  it('is harmless before it has a provider', async () => {
    const reader = new TickscopeMetricReader();
    await reader.forceFlush();
    await reader.shutdown();
    expect(() => reader.collect()).toThrow('not bound');
  });
});
