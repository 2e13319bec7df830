/** The page at `/dashboard`: one self-contained file that the bundle step leaves beside the worker. */
import { readFileSync } from 'node:fs';

export interface DashboardPage {
  readonly html: string;
  /** A Content-Security-Policy under which exactly the page's own inlined script and styles run. */
  readonly contentSecurityPolicy: string;
}

/** Beside the bundled worker, beside the folder of a compiled module, and seen from the source. */
const CANDIDATES = ['./dashboard.html', '../dashboard.html', '../../dist/dashboard.html'];

/** Undefined when the page was not built; everything else is served all the same. */
export function readDashboardPage(): DashboardPage | undefined {
  for (const candidate of CANDIDATES) {
    try {
      const html = readFileSync(new URL(candidate, import.meta.url), 'utf8');
      return { html, contentSecurityPolicy: contentSecurityPolicy(html) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

export function contentSecurityPolicy(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${inlineHashes(html, 'script')}`,
    `style-src ${inlineHashes(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function inlineHashes(html: string, element: 'script' | 'style'): string {
  // Not imported: a worker without a server does without it.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hashes: string[] = [];
  for (const match of html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))) {
    hashes.push(`'sha256-${createHash('sha256').update(match[1]).digest('base64')}'`);
  }
  return hashes.length === 0 ? "'none'" : hashes.join(' ');
}
