import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDemoOptions } from './demo-options.js';

test('a terminal runs until Ctrl-C, anything else for 30 s', () => {
  expect(parseDemoOptions([], true)).toMatchObject({ seconds: undefined, lingerSeconds: 0, seed: '7' });
  expect(parseDemoOptions([], false)).toMatchObject({ seconds: 30 });
  expect(parseDemoOptions(['--seconds', '2.5'], true)).toMatchObject({ seconds: 2.5 });
});

test('trading begins at once unless it is held', () => {
  expect(parseDemoOptions([], false)).toMatchObject({ hold: false });
  expect(parseDemoOptions(['--hold'], true)).toMatchObject({ hold: true });
});

test('paths are made absolute', () => {
  const report = join(tmpdir(), 'report.json');
  expect(parseDemoOptions(['--report', report, '--scenario', 'a.json'], false)).toMatchObject({
    report,
    scenario: join(process.cwd(), 'a.json'),
  });
});

test.each([
  [['--seconds', 'soon'], '--seconds: expected a positive number, got "soon"'],
  [['--seconds', '0'], '--seconds: expected a positive number, got "0"'],
  [['--linger', 'x'], '--linger: expected a positive number, got "x"'],
  [['--seed', '1.5'], '--seed: expected a non-negative integer, got "1.5"'],
  [['--report', '/no/such/folder/r.json'], '--report: expected a file in an existing folder'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused', (args, message) => {
  expect(() => parseDemoOptions(args, false)).toThrow(message);
});
