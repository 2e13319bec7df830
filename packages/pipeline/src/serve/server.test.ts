import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HealthJson, KeptTickJson, SnapshotJson } from '../protocol.js';
import type { ServeSources } from './routes.js';
import { HttpServer } from './server.js';

const HEALTHY: HealthJson = {
  status: 'healthy',
  reasons: [],
  lastTickAgeMillis: null,
  stuck: [],
  lastExportFailure: null,
  openTicks: 0,
  uptimeMillis: 1,
};
const NO_HISTORY = { timesUnixMillis: [], ticks: [], deadlineMisses: [], stages: [] };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; host?: string; accept?: string } = {},
): Promise<Reply> {
  const headers: Record<string, string> = { Host: options.host ?? `localhost:${port}` };
  if (options.accept !== undefined) headers.Accept = options.accept;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

describe('the HTTP server', () => {
  let health: HealthJson;
  let asked: unknown[];
  let errors: unknown[];
  let server: HttpServer;
  let port: number;

  beforeEach(async () => {
    health = HEALTHY;
    asked = [];
    errors = [];
    const sources: ServeSources = {
      snapshot: () => ({ service: 'mm-bot' }) as SnapshotJson,
      history: () => NO_HISTORY,
      health: () => health,
      ticks: (query) => {
        asked.push(query);
        return { ticks: [], stored: 0 };
      },
      tick: (traceId) => (traceId === TRACE_ID ? ({ traceId } as KeptTickJson) : undefined),
      renderMetrics: async (format) => {
        if (format === 'protobuf') return Buffer.from([0x00, 0xff]);
        return format === 'openmetrics' ? '# EOF\n' : 'mm_ticks_total 1\n';
      },
    };
    server = new HttpServer({
      settings: { host: '127.0.0.1', port: 0, portIsConfigured: true },
      sources,
      onError: (error) => errors.push(error),
    });
    const result = await server.listen();
    if (!result.listening) throw new Error(result.reason);
    port = result.port;
    expect(result.address).toBe(`http://127.0.0.1:${port}`);
  });

  afterEach(() => server.close());

  it('answers /metrics as Prometheus text 0.0.4, never cached', async () => {
    const reply = await ask(port, '/metrics', { host: 'bot.example:1234' });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.body).toBe('mm_ticks_total 1\n');
  });

  it('answers /metrics in the form that is asked for', async () => {
    const openMetrics = await ask(port, '/metrics', { accept: 'application/openmetrics-text;version=1.0.0' });
    expect(openMetrics.headers['content-type']).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(openMetrics.headers.vary).toBe('Accept');
    expect(openMetrics.body).toBe('# EOF\n');
    const accept =
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*;q=0.1';
    const binary = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
    expect(binary.headers.get('content-type')).toMatch(/^application\/vnd\.google\.protobuf; proto=/);
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0x00, 0xff]);
  });

  it('answers health with 503 only when it is unhealthy', async () => {
    const statuses: Record<string, number> = {};
    for (const status of ['healthy', 'degraded', 'unhealthy'] as const) {
      health = { ...HEALTHY, status };
      statuses[status] = (await ask(port, '/health', { host: 'anything' })).status;
      expect((await ask(port, '/ready')).status).toBe(statuses[status]);
    }
    expect(statuses).toEqual({ healthy: 200, degraded: 200, unhealthy: 503 });
  });

  it.each(['localhost', 'LOCALHOST:80', '127.0.0.1', '127.0.0.1:9464', '[::1]', '[::1]:9464'])(
    'serves the page and the API to Host %s',
    async (host) => {
      expect((await ask(port, '/api/snapshot', { host })).status).toBe(200);
      expect((await ask(port, '/dashboard', { host })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:9464',
    'localhost.evil.example',
    'localhost@evil',
    '127.0.0.1.nip.io',
  ])('refuses the page and the API to Host "%s"', async (host) => {
    expect((await ask(port, '/api/snapshot', { host })).status).toBe(403);
    expect((await ask(port, '/api/ticks/x', { host })).status).toBe(403);
    expect((await ask(port, '/dashboard', { host })).status).toBe(403);
  });

  it('gives the page to a browser and the snapshot to a program', async () => {
    const browser = await ask(port, '/dashboard', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(browser.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(browser.headers['content-security-policy']).toMatch(/script-src 'sha256-[^']+'; style-src/);
    expect(browser.body).toContain('<!doctype html>');
    for (const accept of ['application/json', '*/*', 'text/html;q=0.1, application/json', undefined]) {
      const program = await ask(port, '/dashboard', accept === undefined ? {} : { accept });
      expect(JSON.parse(program.body)).toEqual({ service: 'mm-bot' });
    }
  });

  it('lists ticks by limit and reason', async () => {
    await ask(port, '/api/ticks');
    await ask(port, '/api/ticks?limit=5&reason=deadline_miss');
    expect(asked).toEqual([
      { limit: 100, reason: undefined },
      { limit: 5, reason: 'deadline_miss' },
    ]);
  });

  it.each([
    ['/api/ticks?limit=0', 400],
    ['/api/ticks?limit=1001', 400],
    ['/api/ticks?limit=ten', 400],
    ['/api/ticks?reason=because', 400],
    ['/api/ticks/xyz', 400],
    [`/api/ticks/${TRACE_ID}`, 200],
    [`/api/ticks/${TRACE_ID.replace('0', '1')}`, 404],
    ['/nothing', 404],
    ['/metrics/', 404],
  ])('%s is %i, as JSON', async (path, status) => {
    const reply = await ask(port, path);
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    if (status !== 200) expect(JSON.parse(reply.body)).toEqual({ error: expect.any(String) });
  });

  it('refuses other methods and says which are allowed', async () => {
    const reply = await ask(port, '/metrics', { method: 'POST' });
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe('GET, HEAD');
  });

  it('answers HEAD with the headers alone', async () => {
    const reply = await ask(port, '/metrics', { method: 'HEAD' });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-length']).toBe('17');
    expect(reply.body).toBe('');
  });

  it('answers 500 when a source fails, and goes on', async () => {
    const failure = new Error('no');
    const broken = new HttpServer({
      settings: { host: '127.0.0.1', port: 0, portIsConfigured: true },
      sources: {
        snapshot: () => ({}) as SnapshotJson,
        history: () => NO_HISTORY,
        health: () => HEALTHY,
        ticks: () => ({ ticks: [], stored: 0 }),
        tick: () => undefined,
        renderMetrics: () => Promise.reject(failure),
      },
      onError: (error) => errors.push(error),
    });
    const result = await broken.listen();
    if (!result.listening) throw new Error(result.reason);
    expect((await ask(result.port, '/metrics')).status).toBe(500);
    expect((await ask(result.port, '/health')).status).toBe(200);
    expect(errors).toEqual([failure]);
    await broken.close();
  });
});

describe('the port rule', () => {
  const sources = {} as ServeSources;

  it('leaves a configured port that is taken to its owner', async () => {
    const owner = await occupy(0);
    const server = new HttpServer({
      settings: { host: '127.0.0.1', port: portOf(owner), portIsConfigured: true },
      sources,
    });
    expect(await server.listen()).toEqual({
      listening: false,
      reason: `port ${portOf(owner)} on 127.0.0.1 is taken by another process`,
    });
    owner.close();
  });

  it('moves the default port on to the next free one', async () => {
    const owner = await occupy(0);
    const server = new HttpServer({
      settings: { host: '127.0.0.1', port: portOf(owner), portIsConfigured: false },
      sources,
    });
    const result = await server.listen();
    expect(result.listening && result.port).toBeGreaterThan(portOf(owner));
    await server.close();
    owner.close();
  });

  it('says why when the address cannot be used at all', async () => {
    const server = new HttpServer({
      settings: { host: '203.0.113.1', port: 9464, portIsConfigured: false },
      sources,
    });
    const result = await server.listen();
    expect(result).toEqual({ listening: false, reason: expect.stringContaining('203.0.113.1:9464') });
  });
});
