import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Market } from './market.js';
import type { PrivateJournal } from './private-journal.js';
import type { Truth } from './truth.js';
import type { DeltaMessage, MarketCommand, MarketMessage } from './wire.js';

/** A client that leaves this much unread is cut off. */
const MAX_UNREAD_BYTES = 1 << 20;
/** Close code for a client that asks for more history than there is. */
const HISTORY_GONE = 4000;

interface MarketConnection {
  readonly socket: WebSocket;
  readonly symbols: Set<string>;
  frozen: boolean;
}

/** `/market`: book snapshots and deltas; `/private`: order events. */
export class Streams {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  readonly #market = new Set<MarketConnection>();
  readonly #private = new Set<WebSocket>();
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #journal: PrivateJournal;
  readonly #truth: Truth;
  readonly #snapshotDelayMillis: () => number;
  readonly #onSubscription: () => void;

  constructor(options: {
    readonly markets: ReadonlyMap<string, Market>;
    readonly journal: PrivateJournal;
    readonly truth: Truth;
    readonly snapshotDelayMillis: () => number;
    readonly onSubscription: () => void;
  }) {
    this.#markets = options.markets;
    this.#journal = options.journal;
    this.#truth = options.truth;
    this.#snapshotDelayMillis = options.snapshotDelayMillis;
    this.#onSubscription = options.onSubscription;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://exchange');
    if (url.pathname !== '/market' && url.pathname !== '/private') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      if (url.pathname === '/market') this.#openMarket(client);
      else this.#openPrivate(client, Number(url.searchParams.get('after') ?? 0));
    });
  }

  publish(delta: DeltaMessage): void {
    this.#truth.market.updates += 1;
    const text = JSON.stringify(delta);
    for (const connection of this.#market) {
      if (connection.symbols.has(delta.symbol)) this.#sendMarket(connection, text);
    }
  }

  /** Cuts every connection of a stream, without a closing handshake. */
  disconnect(stream: 'market' | 'private'): void {
    const sockets = stream === 'market' ? [...this.#market].map(({ socket }) => socket) : [...this.#private];
    for (const socket of sockets) {
      this.#truth.market.disconnects[stream] += 1;
      socket.terminate();
    }
  }

  /** Silences the market connections that are open now; returns what ends the silence. */
  freeze(): () => void {
    const frozen = [...this.#market].filter((connection) => !connection.frozen);
    this.#truth.market.freezes += frozen.length;
    for (const connection of frozen) connection.frozen = true;
    return () => {
      for (const connection of frozen) connection.frozen = false;
    };
  }

  close(): void {
    for (const client of [...[...this.#market].map(({ socket }) => socket), ...this.#private]) {
      client.terminate();
    }
    this.#server.close();
  }

  #openMarket(socket: WebSocket): void {
    const connection: MarketConnection = { socket, symbols: new Set(), frozen: false };
    this.#market.add(connection);
    socket.on('close', () => this.#market.delete(connection));
    socket.on('message', (data) => {
      const command = parseCommand(String(data));
      if (command === undefined) socket.close(1008, 'not a command');
      else if (command.op === 'snapshot') this.#sendSnapshotLater(connection, command.symbol);
      else {
        for (const symbol of command.symbols) {
          connection.symbols.add(symbol);
          this.#sendSnapshotLater(connection, symbol);
        }
        this.#onSubscription();
      }
    });
  }

  #sendSnapshotLater(connection: MarketConnection, symbol: string): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) {
      connection.socket.close(1008, `unknown symbol ${symbol}`);
      return;
    }
    setTimeout(() => {
      const { sequence, tickSize, bids, asks } = market;
      const exchangeMillis = Date.now();
      const message: MarketMessage = {
        type: 'snapshot',
        symbol,
        sequence,
        exchangeMillis,
        tickSize,
        bids,
        asks,
      };
      this.#truth.market.snapshots += 1;
      this.#sendMarket(connection, JSON.stringify(message));
    }, this.#snapshotDelayMillis());
  }

  #openPrivate(socket: WebSocket, after: number): void {
    const unfollow = this.#journal.follow(after, (message) => this.#send(socket, JSON.stringify(message)));
    if (unfollow === undefined) {
      socket.close(HISTORY_GONE, 'history gone');
      return;
    }
    this.#private.add(socket);
    socket.on('close', () => {
      unfollow();
      this.#private.delete(socket);
    });
  }

  #sendMarket(connection: MarketConnection, text: string): void {
    if (!connection.frozen) this.#send(connection.socket, text);
  }

  #send(socket: WebSocket, text: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
      this.#truth.slowConsumers += 1;
      socket.terminate();
      return;
    }
    socket.send(text);
  }
}

function parseCommand(text: string): MarketCommand | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('op' in value)) return undefined;
  if (value.op === 'snapshot' && 'symbol' in value && typeof value.symbol === 'string') {
    return { op: 'snapshot', symbol: value.symbol };
  }
  if (value.op === 'subscribe' && 'symbols' in value && Array.isArray(value.symbols)) {
    return { op: 'subscribe', symbols: value.symbols.map(String) };
  }
  return undefined;
}
