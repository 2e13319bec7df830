/** Where a context is about to be sent, as far as the span of the request says so. */
import { type Context, trace } from '@opentelemetry/api';

/** By the present and the former semantic conventions. */
const HOST_ATTRIBUTES = ['server.address', 'net.peer.name'] as const;
const URL_ATTRIBUTES = ['url.full', 'http.url'] as const;

/**
 * The host that the active span is a request to. Undefined where no span is active, or it does not tell: an
 * unrecorded one has no attributes.
 */
export function destinationOf(context: Context): string | undefined {
  const { attributes } = (trace.getSpan(context) ?? {}) as { attributes?: Record<string, unknown> };
  for (const name of HOST_ATTRIBUTES) {
    const host = attributes?.[name];
    if (typeof host === 'string' && host !== '') return plain(host);
  }
  for (const name of URL_ATTRIBUTES) {
    const url = attributes?.[name];
    if (typeof url === 'string' && URL.canParse(url)) return plain(new URL(url).hostname);
  }
  return undefined;
}

/**
 * @param allowed `*`: anywhere, also where the destination is not known; `*.example.org`: every host below it,
 * not itself; otherwise a host by its name or address.
 */
export function isAllowed(allowed: readonly string[], host: string | undefined): boolean {
  return allowed.some((pattern) => {
    if (pattern === '*') return true;
    if (host === undefined) return false;
    return pattern.startsWith('*.') ? host.endsWith(plain(pattern).slice(1)) : host === plain(pattern);
  });
}

/** One spelling of a host: names have no case, and may end in the root's dot; addresses may stand in brackets. */
function plain(host: string): string {
  return host.toLowerCase().replace(/\.$|^\[|\]$/g, '');
}
