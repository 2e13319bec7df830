import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('measures every tick of a bot on the stock SDK', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main], {
    env: { ...process.env, METRICS_PORT: '0' },
    timeout: 30_000,
  });
  for (const stage of ['tick_total', 'fetch_md', 'spread', 'guards', 'emit']) {
    expect(stdout).toContain(`mm_stage_duration_ms_count{stage="${stage}"} 100\n`);
  }
  expect(stdout).toContain('mm_ticks_total{outcome="ok"} 100\n');
});
