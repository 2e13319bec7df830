/** Where the server listens: the rule about taken ports. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerSettings } from '../settings.js';
import { hostInUrl } from './host-check.js';

/** How far the default port moves before giving up. */
const MAX_PORT_TRIES = 20;

export type ListenResult =
  | {
      readonly listening: true;
      /** Base URL as a browser on this machine would write it, without a trailing slash. */
      readonly address: string;
      readonly port: number;
    }
  | { readonly listening: false; readonly reason: string };

/**
 * A configured port that is taken is not replaced: a static scrape target must never show another bot's
 * series. The default port moves on to the next free one. Port 0 takes any. Never rejects.
 */
export async function listen(server: Server, settings: ServerSettings): Promise<ListenResult> {
  const { host, port, portIsConfigured } = settings;
  const tries = portIsConfigured || port === 0 ? 1 : MAX_PORT_TRIES;
  for (let offset = 0; offset < tries; offset++) {
    const error = await tryListen(server, host, port + offset);
    if (error === undefined) {
      const bound = (server.address() as AddressInfo).port;
      return { listening: true, address: `http://${hostInUrl(reachableHost(host))}:${bound}`, port: bound };
    }
    if (error.code !== 'EADDRINUSE') {
      return { listening: false, reason: `cannot listen on ${hostInUrl(host)}:${port}: ${error.message}` };
    }
  }
  const reason =
    tries === 1
      ? `port ${port} on ${host} is taken by another process`
      : `ports ${port} to ${port + tries - 1} on ${host} are all taken by other processes`;
  return { listening: false, reason };
}

/** The wildcard addresses are for listening only. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function tryListen(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening);
      resolve(error);
    };
    const onListening = () => {
      server.off('error', onError);
      resolve(undefined);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    try {
      // Exclusive: in a bot that is a cluster worker the port would otherwise be asked of the primary.
      server.listen({ host, port, exclusive: true });
    } catch (error) {
      server.off('listening', onListening);
      server.off('error', onError);
      resolve(error as NodeJS.ErrnoException);
    }
  });
}
