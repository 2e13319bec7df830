import type { RegionReader, TickRecord } from '@tickscope/core/internal';
import type { StuckTickJson } from '../protocol.js';

/**
 * Ticks that are open beyond their deadline, as they stand in shared memory: seen while the trading thread
 * is blocked. A tick without a deadline is stuck after `fallbackMillis`.
 */
export function findStuckTicks(
  readers: readonly RegionReader[],
  nowMillis: number,
  fallbackMillis: number,
): StuckTickJson[] {
  const stuck: StuckTickJson[] = [];
  for (const reader of readers) {
    for (const view of reader.overdueFrames(nowMillis, fallbackMillis)) {
      // Only what is shown of it matters here: neither its sampling nor its place on the wall clock.
      const tick = reader.decoder.tick(view, { threshold: 0 }, 0n, nowMillis);
      stuck.push({
        traceId: tick.traceId,
        symbol: tick.symbol ?? null,
        loop: tick.loop ?? null,
        stage: openStage(tick, stagesOf(reader, tick.loop)),
        ageMillis: nowMillis - tick.startMillis,
        deadlineMillis: tick.deadlineMillis ?? null,
      });
    }
  }
  return stuck;
}

/**
 * The stage that a tick is in: the innermost open one, or, where stages are named when they end (lap
 * style), the declared stage that follows the last finished one.
 */
function openStage(tick: Pick<TickRecord, 'spans'>, declared: readonly string[]): string | null {
  const open = tick.spans.findLast((span) => span.unfinished);
  if (open !== undefined) return open.name;
  const last = tick.spans.findLast((span) => span.kind === 'stage');
  if (last === undefined) return declared[0] ?? null;
  const position = declared.indexOf(last.name);
  return position < 0 ? null : (declared[position + 1] ?? null);
}

function stagesOf(reader: RegionReader, loop: string | undefined): readonly string[] {
  for (const { name, stages } of reader.loops()) {
    if (name === (loop ?? '')) return stages;
  }
  return [];
}
