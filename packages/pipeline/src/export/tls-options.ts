import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import type { TlsFiles } from '../settings.js';

/**
 * What an https agent takes. Read whenever one is made, so that renewed certificates are found. A file that is
 * gone by now is left out: the connection then fails where it was needed, and that is reported.
 */
export function tlsOptions(files: TlsFiles | undefined): Pick<AgentOptions, 'ca' | 'key' | 'cert'> {
  if (files === undefined) return {};
  const ca = contentOf(files.certificateFile);
  const key = contentOf(files.clientKeyFile);
  const cert = contentOf(files.clientCertificateFile);
  return { ...(ca && { ca }), ...(key && { key }), ...(cert && { cert }) };
}

function contentOf(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
