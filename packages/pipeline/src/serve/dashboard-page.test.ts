import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { contentSecurityPolicy, readDashboardPage } from './dashboard-page.js';

it('allows exactly what the page has inlined, and nothing else', () => {
  const policy = contentSecurityPolicy('<style>a{}</style><script>go(1)</script><script>go(2)</script>');
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hash('go(1)')} ${hash('go(2)')}`,
    `style-src ${hash('a{}')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
});

it('finds the built page: self-contained, below 120 kB, nothing that the policy would block', () => {
  const page = readDashboardPage();
  expect(page?.html.length).toBeLessThan(120_000);
  expect(page?.html).toMatch(/<style>[\s\S]+<\/style>[\s\S]*<script>[\s\S]+<\/script>/);
  expect(page?.html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/);
  expect(page?.html).not.toMatch(/<[a-z][^>]* (style|on[a-z]+)="/);
});
