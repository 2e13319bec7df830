/** The HTTP server of the pipeline thread: `/metrics`, `/health`, `/ready`, `/dashboard`, `/api/*`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerSettings } from '../settings.js';
import { type Answer, errorAnswer } from './answer.js';
import { readDashboardPage } from './dashboard-page.js';
import { type ListenResult, listen } from './listen.js';
import { route, type ServeSources } from './routes.js';

export interface HttpServerOptions {
  readonly settings: ServerSettings;
  readonly sources: ServeSources;
  /** Told once per request that failed inside a source; the client gets a 500. */
  readonly onError?: (error: unknown) => void;
}

/** Each holds at most one answer in memory; further connections are refused. */
const MAX_CONNECTIONS = 128;
const REQUEST_TIMEOUT_MILLIS = 5_000;
/** A connection that makes no progress for this long is closed, a reader that does not read included. */
const IDLE_TIMEOUT_MILLIS = 30_000;

const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Neither the listener nor an open connection keeps the process alive. */
export class HttpServer {
  readonly #settings: ServerSettings;
  readonly #server: Server;

  constructor({ settings, sources, onError }: HttpServerOptions) {
    this.#settings = settings;
    const page = readDashboardPage();
    const respond = async (request: IncomingMessage, response: ServerResponse) => {
      let answer: Answer;
      try {
        answer = await route(
          {
            method: request.method ?? '',
            target: request.url ?? '',
            host: request.headers.host,
            accept: request.headers.accept,
          },
          settings.host,
          sources,
          page,
        );
      } catch (error) {
        onError?.(error);
        answer = errorAnswer(500, 'the answer could not be made');
      }
      send(request, response, answer);
    };
    this.#server = createServer(
      { requestTimeout: REQUEST_TIMEOUT_MILLIS, headersTimeout: REQUEST_TIMEOUT_MILLIS },
      (request, response) => void respond(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(IDLE_TIMEOUT_MILLIS);
    this.#server.on('connection', (socket: Socket) => socket.unref());
    this.#server.unref();
  }

  /** Call once. Never rejects; `reason` of the result is for one warning, the rest of the pipeline goes on. */
  async listen(): Promise<ListenResult> {
    const result = await listen(this.#server, this.#settings);
    // Errors after that (running out of descriptors, say) concern one connection; they must not end the thread.
    this.#server.on('error', () => {});
    return result;
  }

  /** Stops listening and closes every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  response.writeHead(answer.status, {
    ...COMMON_HEADERS,
    'Content-Type': answer.contentType,
    'Content-Length': body.length,
    ...answer.headers,
  });
  // A body that came with the request is never read, so the connection cannot be used again after one.
  if (!request.complete) response.shouldKeepAlive = false;
  response.end(request.method === 'HEAD' ? undefined : body);
}
