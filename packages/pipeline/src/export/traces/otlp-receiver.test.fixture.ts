/** A plain HTTP receiver of OTLP/JSON for tests, whose behaviour can be changed while it runs. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly flags: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}

export interface OtlpRequest {
  readonly headers: IncomingMessage['headers'];
  readonly remotePort: number;
  readonly body: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: OtlpSpan['attributes'] };
      readonly scopeSpans: readonly {
        readonly scope: { readonly name: string; readonly version: string };
        readonly spans: readonly OtlpSpan[];
      }[];
    }[];
  };
}

type Answer = (response: ServerResponse, request: OtlpRequest) => void;

export const accept: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');

export class OtlpReceiver {
  readonly requests: OtlpRequest[] = [];
  answer: Answer = accept;
  readonly #server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const json = message.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const request: OtlpRequest = {
        headers: message.headers,
        remotePort: message.socket.remotePort ?? 0,
        body: JSON.parse(json.toString('utf8')),
      };
      this.requests.push(request);
      this.answer(response, request);
    });
    message.on('error', () => {});
  });

  /** Stays valid after `close`, as an address at which nothing listens. */
  url = '';

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  get spans(): OtlpSpan[] {
    return this.requests.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
