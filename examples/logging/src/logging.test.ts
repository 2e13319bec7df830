import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test.each(['pino', 'winston'])('%s: lines of a tick carry its trace, others do not', async (library) => {
  const main = fileURLToPath(new URL(`../dist/with-${library}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main], {
    env: { ...process.env, METRICS_PORT: '0' },
    timeout: 30_000,
  });
  const lines: Record<string, unknown>[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const correlated = {
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    trace_flags: '03',
  };
  expect(lines).toEqual([
    expect.not.objectContaining({ trace_id: expect.anything() }),
    expect.objectContaining({ symbol: 'BTC-USD', ...correlated }),
    expect.objectContaining({ symbol: 'ETH-USD', ...correlated }),
  ]);
  expect(lines[1]?.trace_id).not.toBe(lines[2]?.trace_id);
});
