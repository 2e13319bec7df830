import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Outcome } from './demo/session.js';
import type { TableJson } from './demo/table.js';

const DEMO = fileURLToPath(new URL('../dist/demo.js', import.meta.url));

async function runDemo(...args: string[]) {
  const child = spawn(process.execPath, [DEMO, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const nonZero = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

test('a short demo ends with a table that agrees with the bot’s own record and with the exchange', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'market-maker-demo-test-'));
  const file = join(folder, 'report.json');
  try {
    const { code, stdout, stderr } = await runDemo('--seconds', '5', '--report', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Dashboard {2}http:\/\/127\.0\.0\.1:\d+\/dashboard$/m);
    expect(stdout).toMatch(/^Deadline misses: \d+/m);

    const report = JSON.parse(readFileSync(file, 'utf8')) as Outcome & { readonly table: TableJson };
    const { table, journal, truth, logLines } = report;
    const outcomes = { ...tally(journal.ticks.map(({ outcome }) => outcome)), ...journal.skipped };
    expect(nonZero(table.ticksByOutcome)).toEqual(outcomes);
    expect(nonZero(table.guardTrips)).toEqual(tally(journal.ticks.flatMap(({ trips }) => trips)));
    const lateFor = (end: 'workDoneMillis' | 'endMillis', millis: number) =>
      journal.ticks.filter((tick) => tick[end] - tick.startMillis > millis).length;
    expect(table.deadlineMisses).toBeGreaterThanOrEqual(lateFor('workDoneMillis', 20.1));
    expect(table.deadlineMisses).toBeLessThanOrEqual(lateFor('endMillis', 19.9));
    for (const { verb, api, outcomes } of table.requests) {
      const { dropped = 0, ...seen } = truth.requests[`${verb} ${api}`];
      expect(nonZero(outcomes)).toEqual(nonZero({ ...seen, network_error: dropped }));
    }
    // Log lines inside a tick carry the id under which the bot's own record has that tick.
    const traceIds = new Set(journal.ticks.map(({ traceId }) => traceId));
    expect(traceIds.size).toBe(journal.ticks.length);
    const tripped = logLines.filter(({ message }) => message === 'guard tripped');
    expect(tripped.length).toBeGreaterThan(0);
    expect(tripped.filter((line) => !traceIds.has(line.trace_id as string))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an argument that cannot be used is refused with status 2', async () => {
  const { code, stderr } = await runDemo('--seconds', 'soon');
  expect(code).toBe(2);
  expect(stderr).toContain('--seconds: expected a positive number, got "soon"');
});
