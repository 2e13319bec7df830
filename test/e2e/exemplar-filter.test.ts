import { register } from '@tickscope/sdk';
import { OtlpReceiver } from '@tickscope-test/support';
import { expect, test } from 'vitest';

test.each([
  [true, true],
  [false, false],
])('with exemplars: %s, OpenMetrics has exemplars of exported ticks: %s', async (exemplars, expected) => {
  await using receiver = await OtlpReceiver.start();
  const scope = register({
    exemplars,
    prometheus: { port: 0 },
    otlp: { endpoint: receiver.endpoint },
    holdBackMs: 0,
  });
  try {
    scope.begin().end();
    await scope.flush();
    expect(receiver.spans).toHaveLength(1);
    const headers = { accept: 'application/openmetrics-text; version=1.0.0' };
    const text = await (await fetch(`${await scope.address}/metrics`, { headers })).text();
    expect(text.includes(`trace_id="${receiver.spans[0].traceId}"`)).toBe(expected);
  } finally {
    await scope.shutdown();
  }
});
