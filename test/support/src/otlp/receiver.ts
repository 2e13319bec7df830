import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Arrival, ArrivalLog } from './arrival-log.js';
import { decodeRequest, encodeResponse, type Signal } from './decode.js';
import { flattenPoints, flattenSpans } from './flatten.js';
import type { ReceiverMode } from './mode.js';
import type { ReceivedPoint, ReceivedSpan } from './records.js';

const SIGNALS: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics' };

/**
 * An OTLP/HTTP backend for tests: JSON and protobuf, gzip or not, on a free port of 127.0.0.1. It keeps what it accepted
 * (a request that is refused or left unanswered appears in `requests` only) and can be told to misbehave.
 */
export class OtlpReceiver extends ArrivalLog implements AsyncDisposable {
  readonly #server: Server;
  readonly #take: (arrival: Arrival) => void;
  #mode: ReceiverMode = { kind: 'ok' };

  private constructor(take?: (arrival: Arrival) => void) {
    super();
    this.#take = take ?? ((arrival) => this.add(arrival));
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch((error) => response.destroy(error as Error));
    });
  }

  /** With `take`, arrivals go there and are not kept here. */
  static async start(take?: (arrival: Arrival) => void): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(take);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT: no path, no slash at the end. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  setMode(mode: ReceiverMode): void {
    this.#mode = mode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? '';
    const signal = SIGNALS[path];
    const contentType = request.headers['content-type'] ?? '';

    let spans: ReceivedSpan[] = [];
    let points: ReceivedPoint[] = [];
    let problem: string | undefined;
    try {
      if (!signal || request.method !== 'POST')
        throw new Error(`${request.method} ${path} is not an OTLP request`);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const message = decodeRequest(signal, contentType, plain);
      if (signal === 'traces') spans = flattenSpans(message);
      else points = flattenPoints(message);
    } catch (error) {
      problem = String(error);
    }

    const mode = this.#mode;
    const refused = problem === undefined ? undefined : signal ? 400 : 404;
    const status = refused ?? (mode.kind === 'status' ? mode.status : 200);
    const answers = refused !== undefined || (mode.kind !== 'hang' && mode.kind !== 'close');
    const accepted = answers && status < 300;
    const arrival: Arrival = {
      request: {
        path,
        headers: request.headers as Record<string, string>,
        bodyBytes: body.length,
        answeredStatus: answers ? status : undefined,
        items: spans.length + points.length,
      },
      spans: accepted ? spans : [],
      points: accepted ? points : [],
      problem,
    };
    // Recorded before it is answered: whoever sees the answer finds the spans.
    this.#take(arrival);

    if (mode.kind === 'close' && refused === undefined) request.socket.destroy();
    if (!answers) return;
    const headers: Record<string, string> = { 'content-type': contentType };
    if (mode.kind === 'status' && mode.retryAfterSeconds !== undefined)
      headers['retry-after'] = String(mode.retryAfterSeconds);
    response.writeHead(status, headers);
    if (accepted && signal)
      response.end(encodeResponse(signal, contentType, mode.kind === 'partial' ? mode : undefined));
    else response.end();
  }
}
