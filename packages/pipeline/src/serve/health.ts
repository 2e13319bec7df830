/** The decision behind `/health` and `/ready`. */
import type { HealthJson, StuckTickJson } from '../protocol.js';

export interface HealthInputs {
  readonly mode: 'off' | 'metrics' | 'sampled' | 'full';
  readonly stuck: readonly StuckTickJson[];
  readonly openTicks: number;
  readonly lastTickAgeMillis: number | null;
  readonly uptimeMillis: number;
  /** Spans lost in the last minute by reason. */
  readonly recentlyDropped: Readonly<Record<string, number>>;
  /** Longest time between two drains since the last look. */
  readonly drainGapMillis: number;
  readonly lastExportFailure: HealthJson['lastExportFailure'];
  /** A bot without a tick for this long has stopped; undefined: a quiet market is no fault, however long. */
  readonly stoppedAfterMillis?: number | undefined;
}

/** Beyond this the rings of a busy bot may have overflowed. */
const LONG_DRAIN_GAP_MILLIS = 1000;

/**
 * `unhealthy` (503) only for a bot that is stuck or, if `stoppedAfterMillis` says what that means, stopped.
 * Trouble of the telemetry itself is `degraded` (200): an orchestrator must not kill a bot with open orders
 * because its traces do not arrive. By default the absence of ticks is not a fault, since a market may be idle;
 * `lastTickAgeMillis` is there for whoever knows better.
 */
export function decideHealth(inputs: HealthInputs): HealthJson {
  const faults = botFaults(inputs);
  const troubles = telemetryTroubles(inputs);
  const status = faults.length > 0 ? 'unhealthy' : troubles.length > 0 ? 'degraded' : 'healthy';
  return {
    status,
    reasons: [...faults, ...troubles],
    lastTickAgeMillis: inputs.lastTickAgeMillis,
    stuck: inputs.stuck,
    openTicks: inputs.openTicks,
    uptimeMillis: inputs.uptimeMillis,
    lastExportFailure: inputs.lastExportFailure,
  };
}

function botFaults(inputs: HealthInputs): string[] {
  const faults = inputs.stuck.map(describeStuck);
  const { stoppedAfterMillis } = inputs;
  // Before the first tick the time since the start counts: a bot that never ticks has stopped, too.
  const idleMillis = inputs.lastTickAgeMillis ?? inputs.uptimeMillis;
  if (stoppedAfterMillis !== undefined && inputs.mode !== 'off' && idleMillis > stoppedAfterMillis) {
    faults.push(`no tick for ${seconds(idleMillis)} s, limit ${seconds(stoppedAfterMillis)} s`);
  }
  return faults;
}

function telemetryTroubles(inputs: HealthInputs): string[] {
  const troubles: string[] = [];
  for (const [reason, spans] of Object.entries(inputs.recentlyDropped)) {
    if (spans > 0) troubles.push(`${spans} spans dropped in the last minute: ${reason}`);
  }
  if (inputs.drainGapMillis > LONG_DRAIN_GAP_MILLIS) {
    troubles.push(`the pipeline did not drain for ${seconds(inputs.drainGapMillis)} s`);
  }
  return troubles;
}

function describeStuck({ traceId, loop, symbol, stage, ageMillis, deadlineMillis }: StuckTickJson): string {
  const tick = ['tick', symbol, loop === null ? null : `of loop ${loop}`].filter((part) => part !== null);
  const where = stage === null ? '' : ` in stage ${stage}`;
  const limit = deadlineMillis === null ? 'no deadline' : `deadline ${deadlineMillis} ms`;
  return `${tick.join(' ')} stuck${where} for ${seconds(ageMillis)} s (${limit}, trace ${traceId})`;
}

function seconds(millis: number): string {
  return (millis / 1000).toFixed(millis < 10_000 ? 2 : 0);
}
