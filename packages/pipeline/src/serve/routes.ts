/** Paths to answers. Data comes from the functions of `ServeSources`; nothing here knows the other stages. */
import type { ExpositionFormat } from '../exposition-format.js';
import {
  type HealthJson,
  type HistoryJson,
  KEEP_REASONS,
  type KeepReason,
  type KeptTickJson,
  type KeptTicksJson,
  type SnapshotJson,
} from '../protocol.js';
import { type Answer, errorAnswer, jsonAnswer } from './answer.js';
import type { DashboardPage } from './dashboard-page.js';
import { isAllowedHost } from './host-check.js';
import { negotiateFormat } from './negotiate-format.js';
import { prefersHtml } from './prefers-html.js';

export interface ServeSources {
  snapshot(): SnapshotJson;
  history(): HistoryJson;
  health(): HealthJson;
  ticks(query: { readonly limit: number; readonly reason: KeepReason | undefined }): KeptTicksJson;
  /** Undefined when the tick is no longer in the store. */
  tick(traceId: string): KeptTickJson | undefined;
  renderMetrics(format: ExpositionFormat): Promise<string | Buffer>;
}

export interface RouteRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly host: string | undefined;
  readonly accept: string | undefined;
}

const DEFAULT_TICK_LIMIT = 100;
const MAX_TICK_LIMIT = 1000;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** Paths that containers and scrapers ask under whatever name they know us by. */
const ANY_HOST_PATHS: ReadonlySet<string> = new Set(['/metrics', '/health', '/ready']);

export async function route(
  request: RouteRequest,
  configuredHost: string,
  sources: ServeSources,
  page: DashboardPage | undefined,
): Promise<Answer> {
  const { target } = request;
  if (!target.startsWith('/')) return errorAnswer(400, 'the request target must be a path');
  const [path, query = ''] = splitOnce(target, '?');
  if (!ANY_HOST_PATHS.has(path) && !isAllowedHost(request.host, configuredHost)) {
    return errorAnswer(403, 'this Host is not served; use localhost or the configured host');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return errorAnswer(405, `${request.method} is not allowed`, { Allow: 'GET, HEAD' });
  }
  switch (path) {
    case '/metrics':
      return metrics(request.accept, sources);
    case '/health':
    case '/ready': {
      const health = sources.health();
      return jsonAnswer(health, health.status === 'unhealthy' ? 503 : 200);
    }
    case '/':
      return { ...jsonAnswer({ see: '/dashboard' }, 302), headers: { Location: '/dashboard' } };
    case '/dashboard':
      return dashboard(request.accept, sources, page);
    case '/api/snapshot':
      return jsonAnswer(sources.snapshot());
    case '/api/history':
      return jsonAnswer(sources.history());
    case '/api/ticks':
      return ticks(new URLSearchParams(query), sources);
  }
  if (path.startsWith('/api/ticks/')) return tick(path.slice('/api/ticks/'.length), sources);
  return errorAnswer(404, `nothing is served at ${path}`);
}

async function metrics(accept: string | undefined, sources: ServeSources): Promise<Answer> {
  const { format, contentType } = negotiateFormat(accept);
  return { status: 200, contentType, body: await sources.renderMetrics(format), headers: { Vary: 'Accept' } };
}

/** The page for a browser, the snapshot for everything else. */
function dashboard(
  accept: string | undefined,
  sources: ServeSources,
  page: DashboardPage | undefined,
): Answer {
  if (!prefersHtml(accept)) return jsonAnswer(sources.snapshot(), 200, { Vary: 'Accept' });
  if (page === undefined) return errorAnswer(404, 'the page is missing from this installation');
  const headers = { 'Content-Security-Policy': page.contentSecurityPolicy, Vary: 'Accept' };
  return { status: 200, contentType: 'text/html; charset=utf-8', body: page.html, headers };
}

function ticks(query: URLSearchParams, sources: ServeSources): Answer {
  const limitText = query.get('limit') ?? String(DEFAULT_TICK_LIMIT);
  const limit = Number(limitText);
  if (!/^\d+$/.test(limitText) || limit < 1 || limit > MAX_TICK_LIMIT) {
    return errorAnswer(400, `limit: expected a whole number from 1 to ${MAX_TICK_LIMIT}`);
  }
  const reason = query.get('reason') ?? undefined;
  if (reason !== undefined && !isKeepReason(reason)) {
    return errorAnswer(400, `reason: expected one of ${KEEP_REASONS.join(', ')}`);
  }
  return jsonAnswer(sources.ticks({ limit, reason }));
}

function tick(traceId: string, sources: ServeSources): Answer {
  if (!TRACE_ID.test(traceId)) return errorAnswer(400, 'trace id: expected 32 lower-case hex digits');
  const found = sources.tick(traceId);
  return found === undefined ? errorAnswer(404, 'this tick is not in the store') : jsonAnswer(found);
}

function isKeepReason(text: string): text is KeepReason {
  return (KEEP_REASONS as readonly string[]).includes(text);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
