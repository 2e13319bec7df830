import { register } from '@tickscope/sdk';
import { OtlpReceiver } from '@tickscope-test/support';
import { expect, test } from 'vitest';

const METRIC = 'mm_parallel_symbols';

test('a maximum that one reader of the metrics has seen is there for the others', async () => {
  await using receiver = await OtlpReceiver.start();
  const scope = register({
    prometheus: { port: 0 },
    otlp: { endpoint: receiver.endpoint, traces: false, metrics: { intervalMs: 3_600_000 } },
  });
  try {
    const address = await scope.address;
    const scraped = async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      return Number(text.match(new RegExp(`^${METRIC} (\\S+)$`, 'm'))?.[1]);
    };
    const exported = async () => {
      await scope.flush();
      const points = receiver.points.splice(0).filter(({ metric }) => metric === METRIC);
      return points.map((point) => point.type === 'gauge' && point.value);
    };
    const ticks = ['BTC-USD', 'ETH-USD', 'SOL-USD'].map((symbol) => scope.begin({ symbol }));
    for (const tick of ticks) tick.end();

    expect(await (await fetch(`${address}/api/snapshot`)).json()).toMatchObject({ parallelSymbols: 0 });
    expect(await scraped()).toBe(3);
    expect(await exported()).toEqual([3]);
    expect(await scraped()).toBe(0);
    scope.begin({ symbol: 'BTC-USD' }).end();
    expect(await exported()).toEqual([1]);
    expect(await scraped()).toBe(1);
  } finally {
    await scope.shutdown();
  }
});
