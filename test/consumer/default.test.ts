/** The part of the matrix that every test run can afford: the running Node, npm, both lines of OpenTelemetry. */
import { OtlpReceiverProcess } from '@tickscope-test/support';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { MODULE_FORMS, OPENTELEMETRY, type OpenTelemetryLine } from './cells.js';
import { InstallationFolder } from './installation-folder.js';
import { PackageRegistry } from './package-registry.js';
import { hasRegistryAccess } from './registry-access.js';
import { runSmallBot } from './small-bot.js';

const isReachable = await hasRegistryAccess();
const LINES = Object.keys(OPENTELEMETRY) as OpenTelemetryLine[];
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

describe.skipIf(!isReachable).each(LINES)('beside OpenTelemetry %s', (line) => {
  let folder: InstallationFolder;
  beforeAll(async () => {
    const dependencies = OPENTELEMETRY[line];
    folder = await InstallationFolder.install({
      registry,
      manager: 'npm',
      node: process.execPath,
      dependencies,
    });
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  test.each(MODULE_FORMS)('a bot that uses %s', async (form) => {
    await runSmallBot(folder, { line }, form, receiver);
  });
});
