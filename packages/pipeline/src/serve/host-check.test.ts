import { expect, it } from 'vitest';
import { isAllowedHost } from './host-check.js';

it.each([
  ['bot.internal', 'bot.internal', true],
  ['bot.internal:9464', 'BOT.internal', true],
  ['[fd00::1]:9464', 'fd00::1', true],
  ['localhost', '0.0.0.0', true],
  ['0.0.0.0:9464', '0.0.0.0', true],
  ['192.168.1.7:9464', '0.0.0.0', false],
  ['localhost.', '127.0.0.1', false],
  ['localhost:', '127.0.0.1', false],
  ['localhost:9464:1', '127.0.0.1', false],
  ['localhost/evil', '127.0.0.1', false],
  ['::1', '127.0.0.1', false],
  ['', '127.0.0.1', false],
])('Host "%s" at a server configured as %s: %s', (header, configured, isAllowed) => {
  expect(isAllowedHost(header, configured)).toBe(isAllowed);
});

it('does not take a request without a Host', () => {
  expect(isAllowedHost(undefined, '127.0.0.1')).toBe(false);
});
