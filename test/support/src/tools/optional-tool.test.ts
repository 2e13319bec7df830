import { afterEach, expect, test, vi } from 'vitest';
import { optionalTool } from './optional-tool.js';

afterEach(() => vi.restoreAllMocks());

const missing = {
  name: 'promtool',
  obtain: () => Promise.reject(new Error('no apt here')),
  leavesUnchecked: 'the rules file',
};

test('a tool that is there is handed on', async () => {
  expect(await optionalTool({ ...missing, obtain: () => '/usr/bin/promtool' }, { CI: 'true' })).toBe(
    '/usr/bin/promtool',
  );
});

test('a missing tool is a loud skip on a workstation', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  expect(await optionalTool(missing, {})).toBeUndefined();
  expect(warn).toHaveBeenCalledWith(
    'SKIPPED: promtool is not to be had (Error: no apt here). NOT CHECKED: the rules file',
  );
});

test('a missing tool is a failure in CI', async () => {
  await expect(optionalTool(missing, { CI: 'true' })).rejects.toThrow('NOT CHECKED: the rules file');
});
