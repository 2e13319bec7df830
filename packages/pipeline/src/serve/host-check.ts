/**
 * The defence against DNS rebinding: a page of some other site may resolve its own name to 127.0.0.1 and read
 * our answers, but the browser then sends that site's name as `Host`.
 */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a `Host` header names this machine's loopback or the configured host; any port passes, because a
 * port may be mapped on its way here. A missing header does not pass.
 */
export function isAllowedHost(header: string | undefined, configuredHost: string): boolean {
  if (header === undefined) return false;
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(header);
  if (match === null) return false;
  const host = match[1].toLowerCase();
  return LOOPBACK_HOSTS.includes(host) || host === hostInUrl(configuredHost).toLowerCase();
}

/** IPv6 addresses stand in brackets in a URL and in a `Host` header. */
export function hostInUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
