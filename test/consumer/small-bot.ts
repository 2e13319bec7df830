import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OtlpReceiverProcess } from '@tickscope-test/support';
import { expect } from 'vitest';
import type { Installation, MODULE_FORMS } from './cells.js';
import type { InstallationFolder } from './installation-folder.js';

/** Ticks that fixtures/checks.cjs makes through Tickscope's own API. */
const OWN_TICKS = 20;
/** What Node 22.12 says of the first `require()` of an ES module, and others of Plug'n'Play's loader. */
const NODE_WARNING =
  /^\(node:\d+\) ExperimentalWarning: (CommonJS module|Support for loading ES Module|.*`--experimental-loader`)[\s\S]*?\(Use `node --trace-warnings .*\n/gm;

/** Runs the bot of fixtures/ in an installation; it checks the inside, this the process and what it delivered. */
export async function runSmallBot(
  folder: InstallationFolder,
  { line }: Pick<Installation, 'line'>,
  form: (typeof MODULE_FORMS)[number],
  receiver: OtlpReceiverProcess,
): Promise<void> {
  const script = form === 'import' ? 'bot.mjs' : 'bot.cjs';
  for (const file of [script, 'checks.cjs']) await copyFile(fixture(file), join(folder.path, file));
  const service = `${folder.path}/${script}`;
  await using bot = folder.run(script, {
    env: {
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      STOCK_SDK: line === '3.1' ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base',
    },
  });
  expect(await bot.waitForExit(60_000), bot.stderr).toEqual({ code: 0, signal: null });
  expect(bot.stderr.replace(NODE_WARNING, '')).toBe('');
  expect(bot.stdout).toMatch(/^checked on v\d+/);
  // Delivered by the exit event: the process is gone.
  const roots = receiver.spans.filter(
    (span) =>
      span.resource['service.name'] === service &&
      span.name === 'tick_total' &&
      span.attributes.symbol !== 'STOCK',
  );
  expect(roots).toHaveLength(OWN_TICKS);
}

export function fixture(file: string): string {
  // Compiled or not, the fixtures are where they were written.
  const folder = new URL(import.meta.url.includes('/dist/') ? '../../consumer/' : './', import.meta.url);
  return fileURLToPath(new URL(`fixtures/${file}`, folder));
}
