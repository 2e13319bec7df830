/** Every installation of cells.ts, the bot in it once per module form; a table at the end. */
import { OtlpReceiverProcess } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dependenciesOf,
  INSTALLATIONS,
  MANAGERS,
  type ManagerName,
  MODULE_FORMS,
  OPENTELEMETRY,
  titleOf,
} from './cells.js';
import { InstallationFolder } from './installation-folder.js';
import { nodeBinary } from './npm-programs.js';
import { PackageRegistry } from './package-registry.js';
import { hasRegistryAccess } from './registry-access.js';
import { ResultTable } from './result-table.js';
import { runSmallBot } from './small-bot.js';

const isReachable = await hasRegistryAccess();
const results = new ResultTable();
let registry: PackageRegistry;
let receiver: OtlpReceiverProcess;
beforeAll(async () => {
  registry = await PackageRegistry.start();
  receiver = await OtlpReceiverProcess.start();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  console.log(results.text());
});

const MANAGER_NAMES = Object.keys(MANAGERS) as ManagerName[];
test.skipIf(!isReachable).each(MANAGER_NAMES)('a peer conflict would be noticed with %s', async (manager) => {
  const dependencies = { ...OPENTELEMETRY['2.12'], '@opentelemetry/api': '1.10.0' };
  const installing = InstallationFolder.install({ registry, manager, node: process.execPath, dependencies });
  await expect(installing).rejects.toThrow(/peer|ERESOLVE/i);
});

for (const installation of INSTALLATIONS) {
  describe.skipIf(!isReachable)(titleOf(installation), async () => {
    const node = isReachable ? await nodeBinary(installation.node) : undefined;
    let folder: InstallationFolder;
    beforeAll(async () => {
      if (node === undefined) return;
      const { manager } = installation;
      const dependencies = dependenciesOf(installation);
      folder = await InstallationFolder.install({ registry, manager, node, dependencies });
    }, 300_000);
    afterAll(() => folder?.[Symbol.asyncDispose]());

    test.skipIf(node === undefined).each(MODULE_FORMS)('%s', async (form) => {
      results.begin(installation, form);
      await runSmallBot(folder, installation, form, receiver);
      results.pass(installation, form);
    });
  });
}
