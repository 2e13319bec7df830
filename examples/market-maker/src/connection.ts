import { WebSocket } from 'ws';

export interface ConnectionOptions {
  /** Asked before every attempt. */
  readonly url: () => string;
  readonly onOpen?: (send: (text: string) => void) => void;
  readonly onMessage: (text: string, receivedAt: number) => void;
  /** Every end of a connection, deliberate ones excepted. */
  readonly onLost: (reason: string) => void;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
}

/** A WebSocket that comes back: retries with doubling pauses until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #retryMs: number;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;
  /** `performance.now()` of the last sign of life: a message, or the connection's opening. */
  lastHeardAt = performance.now();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#retryMs = options.firstRetryMs;
    this.#connect();
  }

  /** False when the text could not be sent because there is no open connection. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Gives the connection up and makes a new one. */
  restart(): void {
    this.lastHeardAt = performance.now();
    this.#socket?.terminate();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, onOpen, onMessage, onLost, firstRetryMs, maxRetryMs } = this.#options;
    const socket = new WebSocket(url(), { perMessageDeflate: false });
    this.#socket = socket;
    let reason = 'closed';
    socket.on('open', () => {
      this.lastHeardAt = performance.now();
      onOpen?.((text) => socket.send(text));
    });
    socket.on('message', (data) => {
      const receivedAt = performance.now();
      this.lastHeardAt = receivedAt;
      this.#retryMs = firstRetryMs;
      onMessage(String(data), receivedAt);
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (code, text) => {
      if (this.#closed) return;
      onLost(text.length > 0 ? `${code} ${text}` : `${code} ${reason}`);
      this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
    });
  }
}
