import { register } from '@tickscope/sdk';
import { OtlpReceiver, pollUntil } from '@tickscope-test/support';
import { expect, test } from 'vitest';
import { getSnapshot } from '../bots/start-bot.js';

const TICKS = 200;

test('a request that outlives its tick is traced with it, as if the ratio had not changed meanwhile', async () => {
  await using receiver = await OtlpReceiver.start();
  const scope = register({
    sampleRatio: 0.5,
    otlp: { endpoint: receiver.endpoint },
    prometheus: { port: 0 },
  });
  try {
    const address = String(await scope.address);
    const answers: (() => void)[] = [];
    const requests = Array.from({ length: TICKS }, () => {
      const tick = scope.begin();
      const request = tick.exchangeRequest(
        'POST',
        'orders',
        () => new Promise<void>((resolve) => answers.push(resolve)),
      );
      tick.end();
      return request;
    });
    await pollUntil(
      async () => {
        const { recorded, inFlight } = (await getSnapshot(address)).ledger;
        return recorded === TICKS && inFlight.ring === 0;
      },
      { description: 'every tick to be decided' },
    );
    scope.setSampleRatio(0.001);
    for (const answer of answers) answer();
    await Promise.all(requests);
    await scope.flush();

    const traces = [...receiver.traces().values()];
    expect(traces.length).toBeGreaterThan(TICKS / 4);
    for (const spans of traces) {
      expect(spans.map(({ name }) => name).sort()).toEqual(['POST orders', 'tick_total']);
      expect(spans.map(({ traceState }) => traceState)).toEqual(['ot=th:8', 'ot=th:8']);
    }
  } finally {
    await scope.shutdown();
  }
});
