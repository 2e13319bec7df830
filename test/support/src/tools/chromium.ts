import { existsSync } from 'node:fs';

/** Debian's browser; throws when it is not installed. Never downloads one. */
export function chromiumPath(): string {
  const path = '/usr/bin/chromium';
  if (!existsSync(path)) throw new Error(`${path} does not exist; apt-get install chromium`);
  return path;
}

/** A browser that asks nobody anything: tests run offline and as root. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
