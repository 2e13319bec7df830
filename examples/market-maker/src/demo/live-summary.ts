import { clearScreenDown, moveCursor } from 'node:readline';
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { percent, stageRows, sum, tableOf } from './table.js';

export interface Progress {
  readonly elapsedSeconds: number;
  /** Undefined: until Ctrl-C. */
  readonly totalSeconds: number | undefined;
}

/** Without a terminal: one line this often. */
const LINE_INTERVAL_SECONDS = 5;

/** Shows how the run is going: in place on a terminal, else a line every few seconds. */
export class LiveSummary {
  readonly #out: NodeJS.WriteStream;
  #shownLines = 0;
  #nextLineAt = LINE_INTERVAL_SECONDS;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(snapshot: SnapshotJson, progress: Progress): void {
    if (this.#out.isTTY) {
      const { stages } = snapshot.recent;
      const seconds = Math.round(snapshot.recent.windowMillis / 1000);
      const lines = [
        headline(snapshot, progress),
        '',
        `Last ${seconds} s (ms)`,
        ...stageRows(stages).map((row) => `  ${row}`),
      ];
      this.clear();
      this.#out.write(`${lines.map((line) => line.slice(0, this.#out.columns - 1)).join('\n')}\n`);
      this.#shownLines = lines.length;
    } else if (progress.elapsedSeconds >= this.#nextLineAt) {
      this.#out.write(`${headline(snapshot, progress)}\n`);
      this.#nextLineAt += LINE_INTERVAL_SECONDS;
    }
  }

  /** Takes the block off the terminal, to make room for what stays. */
  clear(): void {
    if (this.#shownLines === 0) return;
    moveCursor(this.#out, 0, -this.#shownLines);
    clearScreenDown(this.#out);
    this.#shownLines = 0;
  }
}

function headline(snapshot: SnapshotJson, { elapsedSeconds, totalSeconds }: Progress): string {
  const { ticks, deadlineMisses, missRatio, guardTrips, keptTicks, ledger } = tableOf(snapshot);
  const p95 = snapshot.recent.stages.find(({ stage }) => stage === 'tick_total')?.p95Millis ?? null;
  return [
    `${elapsedSeconds.toFixed(0)}${totalSeconds === undefined ? '' : `/${totalSeconds}`} s`,
    `${ticks} ticks`,
    `p95 ${p95 === null ? '-' : `${p95.toFixed(1)} ms`}`,
    `${deadlineMisses} misses (${percent(missRatio)})`,
    `${sum(guardTrips)} guard trips`,
    `${keptTicks} traces kept`,
    `${sum(ledger.dropped)} spans lost`,
  ].join(' | ');
}
