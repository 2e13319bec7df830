/** What the exporters of every signal need to know about an OTLP/HTTP endpoint. */
import { connect } from 'node:net';

/** `unreachable`: refused at once, also by the name service or the network; `unknown`: no answer in time. */
export type Reachability = 'reachable' | 'unreachable' | 'unknown';

/** Whether a connection to the endpoint can be opened now. Never rejects; answers within the time limit. */
export function probeEndpoint(url: string, limitMillis: number): Promise<Reachability> {
  const { protocol, hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    });
    const timer = setTimeout(() => answer('unknown'), limitMillis);
    const answer = (reachability: Reachability) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reachability);
    };
    socket.once('connect', () => answer('reachable'));
    socket.on('error', () => answer('unreachable'));
  });
}

/**
 * Runs `create` in an environment without `OTEL_EXPORTER_OTLP_*`. The settings are resolved from these
 * variables already, by the rules of precedence. A stock exporter would look there again and send what
 * `OTEL_EXPORTER_OTLP_HEADERS` holds, often an access token, along to an endpoint that was configured in code.
 */
export function withoutOtlpEnvironment<T>(create: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'));
  for (const [name] of hidden) delete process.env[name];
  try {
    return create();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
