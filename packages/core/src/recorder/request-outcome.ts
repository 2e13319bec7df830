import type { RequestOutcome } from '../outcomes.js';

const TIMEOUT_NAMES = new Set([
  'TimeoutError',
  'HeadersTimeoutError',
  'BodyTimeoutError',
  'ConnectTimeoutError',
]);
const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TOO_MANY_REQUESTS = 429;

/** The outcome of a request that answered: by `status` or `statusCode` where the answer has one, else ok. */
export function outcomeOfResponse(response: unknown): RequestOutcome {
  return outcomeOfStatus(statusOf(response)) ?? 'ok';
}

/** The outcome of a request that threw: by an HTTP status on the error, else by its name or code. */
export function outcomeOfError(error: unknown): RequestOutcome {
  const byStatus = outcomeOfStatus(statusOf(error));
  if (byStatus !== undefined) return byStatus;
  return isTimeout(error) || isTimeout(property(error, 'cause')) ? 'timeout' : 'network_error';
}

function outcomeOfStatus(status: unknown): RequestOutcome | undefined {
  if (typeof status !== 'number') return undefined;
  if (status === TOO_MANY_REQUESTS) return 'rate_limited';
  return status >= 400 ? 'http_error' : undefined;
}

function statusOf(value: unknown): unknown {
  return property(value, 'status') ?? property(value, 'statusCode');
}

function isTimeout(error: unknown): boolean {
  const name = property(error, 'name');
  const code = property(error, 'code');
  return (
    (typeof name === 'string' && TIMEOUT_NAMES.has(name)) ||
    (typeof code === 'string' && TIMEOUT_CODES.has(code))
  );
}

/** Reads a property of anything; a getter or proxy that throws has none. */
function property(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
