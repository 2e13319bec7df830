import { readFileSync } from 'node:fs';
import { object, type Reading } from './scenario-reading.js';
import type { RejectReason } from './wire.js';

/** What goes wrong on a timetable. Times run from the first subscription and stand still while halted. */
export type Fault = {
  readonly firstAtMs: number;
  /** Absent: once. */
  readonly everyMs?: number;
} & (
  | /** One update of one symbol is never sent. */ { readonly kind: 'gap' }
  | { readonly kind: 'disconnect'; readonly stream: 'market' | 'private' }
  | /** Connections stay open and silent; a new connection is not frozen. */ {
      readonly kind: 'freeze';
      readonly durationMs: number;
    }
  | { readonly kind: 'wide_spread'; readonly durationMs: number; readonly spreadTicks: number }
  | { readonly kind: 'rate_squeeze'; readonly durationMs: number; readonly requestsPerSecond: number }
);

/** Rejections that happen by chance; the others have causes. */
type ChanceReject = Extract<RejectReason, 'insufficient_margin' | 'engine_busy'>;

export interface Scenario {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly market: {
    /** Mean time between updates of one symbol. */
    readonly updateIntervalMs: number;
    /** Share of updates that another follows within 2 ms. */
    readonly burstProbability: number;
    /** Standard deviation of the mid price's move in one update. */
    readonly volatilityTicks: number;
    readonly spreadTicks: number;
    /** Levels a side. */
    readonly depth: number;
    /** Share of updates with an aggressive order that can fill resting ones. */
    readonly takerProbability: number;
    readonly takerMaxLots: number;
  };
  readonly latency: {
    readonly medianMs: number;
    /** Of the logarithm. */
    readonly sigma: number;
    readonly tailProbability: number;
    readonly tailMaxMs: number;
  };
  readonly rateLimit: { readonly requestsPerSecond: number; readonly burst: number };
  /** Share of placements and amendments refused, by reason. */
  readonly rejects: Readonly<Record<ChanceReject, number>>;
  readonly http: {
    /** Share of requests answered 503, unprocessed. */
    readonly errorProbability: number;
    /** Share of requests whose connection is cut, half of them after processing. */
    readonly dropProbability: number;
  };
  readonly faults: readonly Fault[];
}

/** A scenario file that cannot be used; the message names every problem. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** @throws {ScenarioError} naming the file and every problem in it. */
export function loadScenario(file: string | URL): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ScenarioError(`cannot read scenario ${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(`scenario ${file} is not JSON: ${(error as Error).message}`);
  }
  return parseScenario(value, String(file));
}

/** @throws {ScenarioError} naming the origin and every problem. */
export function parseScenario(value: unknown, origin: string): Scenario {
  const problems: string[] = [];
  const scenario = readScenario(object(value, 'scenario', problems));
  if (problems.length > 0) {
    throw new ScenarioError(`scenario ${origin} cannot be used:\n  ${problems.join('\n  ')}`);
  }
  return scenario;
}

function readScenario(root: Reading): Scenario {
  const market = root.object('market');
  const latency = root.object('latency');
  const rateLimit = root.object('rateLimit');
  const rejects = root.object('rejects');
  const http = root.object('http');
  const medianMs = latency.number('medianMs', 0.1, 10_000);
  return root.complete({
    name: root.string('name'),
    symbols: root.distinctStrings('symbols', 1, 64),
    market: market.complete({
      updateIntervalMs: market.number('updateIntervalMs', 1, 60_000),
      burstProbability: market.number('burstProbability', 0, 0.9),
      volatilityTicks: market.number('volatilityTicks', 0, 1000),
      spreadTicks: market.integer('spreadTicks', 1, 1000),
      depth: market.integer('depth', 1, 100),
      takerProbability: market.number('takerProbability', 0, 1),
      takerMaxLots: market.integer('takerMaxLots', 1, 1_000_000),
    }),
    latency: latency.complete({
      medianMs,
      sigma: latency.number('sigma', 0, 3),
      tailProbability: latency.number('tailProbability', 0, 1),
      tailMaxMs: latency.number('tailMaxMs', medianMs, 60_000),
    }),
    rateLimit: rateLimit.complete({
      requestsPerSecond: rateLimit.number('requestsPerSecond', 0.1, 1_000_000),
      burst: rateLimit.integer('burst', 1, 1_000_000),
    }),
    rejects: rejects.complete({
      insufficient_margin: rejects.number('insufficient_margin', 0, 1),
      engine_busy: rejects.number('engine_busy', 0, 1),
    }),
    http: http.complete({
      errorProbability: http.number('errorProbability', 0, 1),
      dropProbability: http.number('dropProbability', 0, 1),
    }),
    faults: root.list('faults').map(readFault),
  });
}

function readFault(fault: Reading): Fault {
  const timing = {
    firstAtMs: fault.number('firstAtMs', 0, 86_400_000),
    ...(fault.has('everyMs') ? { everyMs: fault.number('everyMs', 1, 86_400_000) } : {}),
  };
  const durationMs = () => fault.number('durationMs', 1, 86_400_000);
  const kind = fault.oneOf('kind', ['gap', 'disconnect', 'freeze', 'wide_spread', 'rate_squeeze']);
  switch (kind) {
    case 'gap':
      return fault.complete({ kind, ...timing });
    case 'disconnect':
      return fault.complete({ kind, ...timing, stream: fault.oneOf('stream', ['market', 'private']) });
    case 'freeze':
      return fault.complete({ kind, ...timing, durationMs: durationMs() });
    case 'wide_spread':
      return fault.complete({
        kind,
        ...timing,
        durationMs: durationMs(),
        spreadTicks: fault.integer('spreadTicks', 1, 10_000),
      });
    case 'rate_squeeze':
      return fault.complete({
        kind,
        ...timing,
        durationMs: durationMs(),
        requestsPerSecond: fault.number('requestsPerSecond', 0, 1_000_000),
      });
  }
}
