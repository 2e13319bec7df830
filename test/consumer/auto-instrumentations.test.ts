/** Beside @opentelemetry/auto-instrumentations-node, in every order in which the two can start. */
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OtlpReceiverProcess, type ReceivedSpan } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTO_INSTRUMENTATIONS } from './cells.js';
import { InstallationFolder } from './installation-folder.js';
import { nodeBinary } from './npm-programs.js';
import { PackageRegistry } from './package-registry.js';
import { hasRegistryAccess } from './registry-access.js';
import { fixture } from './small-bot.js';

const REGISTER = '@opentelemetry/auto-instrumentations-node/register';
/** As in fixtures/traced-checks.cjs. */
const TICKS = 3;

const PRELOAD = ['--require', './preload.cjs'];

const STARTS = {
  'required before a CommonJS bot': {
    script: 'traced-bot.cjs',
    execArgv: ['--require', REGISTER, ...PRELOAD],
  },
  'imported before an ES module': { script: 'traced-bot.mjs', execArgv: ['--import', REGISTER, ...PRELOAD] },
  'named by NODE_OPTIONS': {
    script: 'traced-bot.cjs',
    env: { NODE_OPTIONS: `--require ${REGISTER} --require ./preload.cjs` },
    execArgv: [],
  },
  'imported after Tickscope': {
    script: 'traced-bot.mjs',
    execArgv: ['--import', './register-first.mjs', '--import', REGISTER, ...PRELOAD],
  },
};

const isReachable = await hasRegistryAccess();
let registry: PackageRegistry;
let receiver: OtlpReceiverProcess;
beforeAll(async () => {
  registry = await PackageRegistry.start();
  receiver = await OtlpReceiverProcess.start();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

describe.skipIf(!isReachable).each(AUTO_INSTRUMENTATIONS)('line $line', ({ dependencies, nodes }) => {
  describe.each(nodes)('on Node %s', async (version) => {
    const node = isReachable ? await nodeBinary(version) : undefined;
    let folder: InstallationFolder;
    beforeAll(async () => {
      if (node === undefined) return;
      folder = await InstallationFolder.install({ registry, manager: 'npm', node, dependencies });
    }, 300_000);
    afterAll(() => folder?.[Symbol.asyncDispose]());

    test.skipIf(node === undefined).each(Object.entries(STARTS))('%s', async (title, start) => {
      const { script, execArgv, env } = { env: {}, ...start };
      for (const file of [script, 'traced-checks.cjs', 'preload.cjs', 'register-first.mjs'])
        await copyFile(fixture(file), join(folder.path, file));
      await rm(join(folder.path, 'preloads.txt'), { force: true });
      const service = `${folder.path} ${title}`;
      await using bot = folder.run(script, {
        execArgv,
        env: {
          ...env,
          OTEL_SERVICE_NAME: service,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
          OTEL_METRICS_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          OTEL_NODE_RESOURCE_DETECTORS: 'env',
        },
      });
      expect(await bot.waitForExit(60_000), bot.stderr).toEqual({ code: 0, signal: null });
      expect(bot.stdout).toContain('checked on v');

      const spans = receiver.spans.filter((span) => span.resource['service.name'] === service);
      const ticks = spans.filter((span) => span.name === 'tick_total');
      expect(ticks).toHaveLength(TICKS);
      for (const tick of ticks) {
        const requests = clientSpans(spans).filter((span) => span.traceId === tick.traceId);
        expect(requests.map((span) => span.parentSpanId)).toEqual([tick.spanId]);
      }
      // One before the ticks and one after them.
      expect(clientSpans(spans)).toHaveLength(TICKS + 2);
      expect(await readFile(join(folder.path, 'preloads.txt'), 'utf8')).toBe('0\n');
    });
  });
});

/** Of the bot's requests to the venue; the one for its own metrics goes through fetch. */
function clientSpans(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  return spans.filter((span) => span.kind === 3 && span.scope.name.endsWith('-http'));
}
