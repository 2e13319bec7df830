/**
 * What the exchange and its clients say to each other. Prices are integers in ticks and sizes integers in
 * lots, so that nobody compares rounded decimals; a snapshot tells what a tick and a lot are worth.
 */

export type Side = 'buy' | 'sell';

/** `[price in ticks, size in lots]`; in a delta, size 0 removes the level. */
export type Level = readonly [priceTicks: number, lots: number];

export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly symbol: string;
  readonly sequence: number;
  /** Exchange clock, Unix milliseconds. */
  readonly exchangeMillis: number;
  readonly tickSize: number;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface DeltaMessage {
  readonly type: 'delta';
  readonly symbol: string;
  /** One more than the symbol's previous message; anything else is a gap. */
  readonly sequence: number;
  readonly exchangeMillis: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export type MarketMessage = SnapshotMessage | DeltaMessage;

/** What a client sends on `/market`; each answer is one snapshot a symbol. */
export type MarketCommand =
  | { readonly op: 'subscribe'; readonly symbols: readonly string[] }
  | { readonly op: 'snapshot'; readonly symbol: string };

export const REJECT_REASONS = [
  'post_only_would_cross',
  'price_band',
  'unknown_order',
  'duplicate_id',
  'insufficient_margin',
  'engine_busy',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

interface InstructionBase {
  /** The client's name for this instruction; answers and events repeat it. */
  readonly instructionId: number;
  readonly clientId: string;
}

/** Every order is post-only and good till cancelled. `clientId` is the order's only name. */
export interface PlaceInstruction extends InstructionBase {
  readonly op: 'place';
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
}

export interface AmendInstruction extends InstructionBase {
  readonly op: 'amend';
  readonly priceTicks: number;
  /** New remaining size. */
  readonly lots: number;
}

export interface CancelInstruction extends InstructionBase {
  readonly op: 'cancel';
}

export type Instruction = PlaceInstruction | AmendInstruction | CancelInstruction;

/** Body of `POST /batch` and of `POST /orders`. */
export interface BatchRequest {
  readonly symbol: string;
  readonly instructions: readonly Instruction[];
}

export type InstructionResult = InstructionBase &
  ({ readonly status: 'done' } | { readonly status: 'rejected'; readonly reason: RejectReason });

/** One result an instruction, in order. */
export interface BatchResponse {
  readonly results: readonly InstructionResult[];
}

export interface OpenOrder {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly priceTicks: number;
  readonly remainingLots: number;
}

export interface OpenOrdersResponse {
  readonly orders: readonly OpenOrder[];
  /** The private stream's last sequence number that this answer contains. */
  readonly sequence: number;
}

export interface TimeResponse {
  readonly exchangeMillis: number;
}

interface OrderEventBase {
  /** Dense, from 1; a client that reconnects with `?after=n` gets everything from n + 1 on. */
  readonly sequence: number;
  readonly exchangeMillis: number;
}

interface OfOrder extends OrderEventBase {
  readonly clientId: string;
  readonly symbol: string;
}

interface OfInstruction extends OfOrder {
  readonly instructionId: number;
}

export type PrivateMessage =
  | (OfInstruction & { readonly type: 'accepted' })
  | (OfInstruction & {
      readonly type: 'amended';
      readonly priceTicks: number;
      readonly remainingLots: number;
    })
  | (OfInstruction & { readonly type: 'cancelled' })
  | (OfInstruction & {
      readonly type: 'rejected';
      readonly op: Instruction['op'];
      readonly reason: RejectReason;
    })
  | (OfOrder & {
      readonly type: 'fill';
      readonly side: Side;
      readonly priceTicks: number;
      readonly lots: number;
      readonly remainingLots: number;
    })
  /** A halted market sends no prices and fills nothing; requests are still served. */
  | (OrderEventBase & { readonly type: 'market'; readonly state: 'open' | 'halted' });

/** What became of a request, as the exchange saw it. `dropped`: the connection was cut instead of answering. */
export type SeenOutcome = 'ok' | 'rejected' | 'rate_limited' | 'http_error' | 'dropped';

/** `GET /truth`: everything that the exchange saw since it started. */
export interface TruthJson {
  readonly seed: number;
  readonly scenario: string;
  readonly halted: boolean;
  /**
   * By `VERB api`, for example `POST batch`. A request is `rejected` when at least one of its instructions
   * was; `/truth` and `/control` are not counted.
   */
  readonly requests: Readonly<Record<string, Readonly<Partial<Record<SeenOutcome, number>>>>>;
  readonly orders: {
    /** Accepted placements. */
    readonly placed: number;
    readonly amended: number;
    readonly cancelled: number;
    /** Orders whose last lot was filled. */
    readonly filled: number;
    readonly open: number;
  };
  /** Refused instructions by reason. */
  readonly rejects: Readonly<Partial<Record<RejectReason, number>>>;
  readonly fills: {
    readonly count: number;
    /** Of these, fills that left a remainder. */
    readonly partial: number;
    readonly lots: number;
  };
  readonly market: {
    readonly updates: number;
    readonly snapshots: number;
    /** Updates that were left out on purpose. */
    readonly gaps: number;
    /** Connections that a fault cut, by stream. */
    readonly disconnects: { readonly market: number; readonly private: number };
    readonly freezes: number;
    readonly wideSpreads: number;
    readonly rateSqueezes: number;
  };
  /** Answers that found their client gone. */
  readonly unreadAnswers: number;
  /** Stream connections closed because their client did not read. */
  readonly slowConsumers: number;
}
