import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { optionalTool } from '@tickscope-test/support';
import { afterAll, expect, test } from 'vitest';
import { startBot } from '../bots/start-bot.js';

const folder = mkdtempSync(join(tmpdir(), 'tickscope-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

const certificates = await optionalTool({
  name: 'openssl',
  leavesUnchecked: 'export to an https endpoint with a private authority and client certificates',
  obtain: makeCertificates,
});

/** An authority, and a server and a client that it knows. */
function makeCertificates() {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=authority',
  );
  for (const name of ['server', 'client']) {
    writeFileSync(path(`${name}.ext`), 'subjectAltName=IP:127.0.0.1\n');
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signing,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  }
  return { path };
}

/** Answers only whom the authority knows. */
async function startBackend({ path }: ReturnType<typeof makeCertificates>) {
  const clients: string[] = [];
  const server = createServer(
    {
      ca: readFileSync(path('ca.pem')),
      key: readFileSync(path('server.key')),
      cert: readFileSync(path('server.pem')),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      clients.push(`${request.url} ${subject.CN}`);
      request.resume();
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    clients,
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function exportedWith(files: Readonly<Record<string, string>>): Promise<string[]> {
  if (certificates === undefined) throw new Error('not to be had');
  await using backend = await startBackend(certificates);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.endpoint, OTEL_METRICS_EXPORTER: 'otlp', ...files };
  await using bot = startBot('handing-on', { args: ['child'], env });
  expect(await bot.waitForExit(), bot.stderr).toEqual({ code: 0, signal: null });
  return [...new Set(backend.clients)].sort();
}

test.skipIf(certificates === undefined)(
  'traces and metrics reach a backend that asks for a certificate',
  async () => {
    const path = (name: string) => certificates?.path(name) ?? '';
    const exported = await exportedWith({
      OTEL_EXPORTER_OTLP_CERTIFICATE: path('ca.pem'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: path('client.key'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: path('client.pem'),
    });
    expect(exported).toEqual(['/v1/metrics client', '/v1/traces client']);
  },
);

test.skipIf(certificates === undefined)(
  'a backend of an authority that is not trusted gets nothing',
  async () => {
    const path = (name: string) => certificates?.path(name) ?? '';
    const exported = await exportedWith({
      OTEL_EXPORTER_OTLP_CLIENT_KEY: path('client.key'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: path('client.pem'),
    });
    expect(exported).toEqual([]);
  },
);
