import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactUrl, show } from './show.js';

describe('a value in a message', () => {
  it.each<[value: unknown, shown: string]>([
    ['a\nb', '"a\\nb"'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [10n, '10n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1, 2], 'an array of 2'],
    [{ secret: 1 }, 'an object'],
    [() => 1, 'a function'],
    [Symbol('x'), 'a symbol'],
  ])('%o reads %s', (value, shown) => {
    expect(show(value)).toBe(shown);
  });

  it('is bounded', () => {
    expect(show('x'.repeat(1000))).toMatch(/^"x{79}… \(1002 characters\)$/);
  });
});

describe('a redacted URL', () => {
  it.each([
    ['http://user:pass@host:1/path?key=1#x', 'http://***@host:1/path?***'],
    ['http://us@er:pa@ss@host/', 'http://***@host/'],
    ['user:pass@host', '***@host'],
    ['http://host/v1/traces', 'http://host/v1/traces'],
    ['http://host#secret', 'http://host#***'],
  ])('of %s is %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it('holds neither user, password nor query, whatever they are', () => {
    const secret = fc.stringMatching(/^[A-Z]{8}$/);
    fc.assert(
      fc.property(secret, secret, secret, fc.string(), (user, password, query, noise) => {
        const text = redactUrl(`http://${user}:${password}@host/path?${noise}${query}`);
        for (const part of [user, password, query]) expect(text).not.toContain(part);
      }),
    );
  });
});
