/**
 * The generated parts of the reference pages are what the code says. After a change of the code:
 * `npx vitest run test/e2e/docs/reference-pages.test.ts -u` writes them anew.
 */
import { expect, test } from 'vitest';
import { autoInstrumentationsTable, installationsTable, versionsTable } from './compatibility-reference.js';
import { pagePath, readPage, withRegion } from './markdown.js';
import { bucketsTable, metricsTable } from './metrics-reference.js';
import { settingsTable } from './settings-reference.js';

test('docs/metrics.md has the metric catalogue', async () => {
  let page = await readPage('docs/metrics.md');
  page = withRegion(page, 'recorded', metricsTable('cells'));
  page = withRegion(page, 'own', metricsTable('pipeline'));
  page = withRegion(page, 'buckets', bucketsTable());
  await expect(page).toMatchFileSnapshot(pagePath('docs/metrics.md'));
});

test('docs/configuration.md has every option of register()', async () => {
  const options = await readPage('packages/sdk/src/config/options.ts');
  const page = withRegion(await readPage('docs/configuration.md'), 'options', settingsTable(options));
  await expect(page).toMatchFileSnapshot(pagePath('docs/configuration.md'));
});

test('docs/compatibility.md has every version that the matrix tries', async () => {
  let page = await readPage('docs/compatibility.md');
  page = withRegion(page, 'installations', installationsTable());
  page = withRegion(page, 'versions', versionsTable());
  page = withRegion(page, 'auto', autoInstrumentationsTable());
  await expect(page).toMatchFileSnapshot(pagePath('docs/compatibility.md'));
});
