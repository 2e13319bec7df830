import { BUCKET_FAMILIES, type BucketFamily } from '../catalogue/buckets.js';
import type { HistogramBlock } from '../memory/cell-writer.js';
import type { DefinitionWriter } from '../memory/definitions.js';
import { cellCount, cellShift, firstCell } from '../memory/histogram.js';
import { D_SERIES, H_CELLS, H_CELLS_AT, HISTOGRAM_CELLS, SERIES_TYPES } from '../memory/layout.js';
import type { Region } from '../memory/region.js';
import { nameText } from './names.js';

export type Labels = readonly (readonly [key: string, value: string])[];

/** Label of the series that takes what the arena has no room for (OpenTelemetry's convention). */
export const OVERFLOW_LABEL = 'otel.metric.overflow';

/** Doubles kept free for overflow series: two blocks of each family in use, and counters. */
const RESERVE = 16_384;
/** Doubles that only counters and gauges may use: histograms must not keep a counter from being seeded. */
const SCALARS_ONLY = 4_096;

/** Series that are remembered, overflowing ones included: a bot may invent labels for ever. */
const MAX_KNOWN = 8_192;

/** Hands out cells for series from a bounded arena; a series beyond it shares its metric's overflow series. */
export class SeriesTable {
  readonly #definitions: DefinitionWriter;
  readonly #onOverflow: () => void;
  readonly #known = new Map<string, number>();
  readonly #limit: number;
  readonly #hardLimit: number;
  #next: number;

  constructor(region: Region, definitions: DefinitionWriter, onOverflow: () => void) {
    this.#definitions = definitions;
    this.#onOverflow = onOverflow;
    this.#next = region.i32[H_CELLS_AT] / 8;
    this.#hardLimit = this.#next + region.i32[H_CELLS];
    this.#limit = this.#hardLimit - RESERVE;
    if (this.#limit - SCALARS_ONLY <= this.#next) {
      throw new RangeError(`cells must be more than ${RESERVE + SCALARS_ONLY}, got ${region.i32[H_CELLS]}`);
    }
  }

  /** Double index of a counter's or gauge's cell. */
  scalar(metric: string, type: 'counter' | 'gauge', labels: Labels): number {
    return this.#allocate(metric, type, labels, 1);
  }

  histogram(metric: string, familyName: BucketFamily['name'], labels: Labels): HistogramBlock {
    const family = BUCKET_FAMILIES[familyName];
    const cells = cellCount(family);
    const at = this.#allocate(metric, familyName, labels, HISTOGRAM_CELLS + cells);
    return { at, shift: cellShift(family), first: firstCell(family), last: cells - 1 };
  }

  #allocate(metric: string, type: (typeof SERIES_TYPES)[number], labels: Labels, doubles: number): number {
    const text = [metric, ...labels.flatMap(([key, value]) => [key, nameText(value)])].join('\0');
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.#define(text, type, doubles, doubles === 1 ? this.#limit : this.#limit - SCALARS_ONLY);
    if (at !== undefined) return at;
    this.#onOverflow();
    const overflowText = [metric, OVERFLOW_LABEL, 'true'].join('\0');
    const overflow =
      this.#known.get(overflowText) ?? this.#define(overflowText, type, doubles, this.#hardLimit, true);
    // The reserve holds an overflow series for each instrument of the catalogue; beyond it lies only the
    // last block, which then counts for several.
    const shared = overflow ?? this.#hardLimit - doubles;
    if (this.#known.size < MAX_KNOWN) this.#known.set(text, shared);
    return shared;
  }

  #define(
    text: string,
    type: (typeof SERIES_TYPES)[number],
    doubles: number,
    limit: number,
    isLastResort = false,
  ): number | undefined {
    const at = this.#next;
    if (at + doubles > limit) return undefined;
    if (!this.#definitions.append(D_SERIES, at, SERIES_TYPES.indexOf(type), text, isLastResort))
      return undefined;
    this.#next += doubles;
    this.#known.set(text, at);
    return at;
  }
}

/** Stages that a loop may have without declaring them, or with: the default sizes have room for them. */
const USUAL_STAGES = 8;
/** `tick_total` and `wait`. */
const OWN_STAGES = 2;
/** A series' name and labels, the longest ones that the configuration takes. */
const DEFINITION_BYTES = 512;

/** Doubles for the series of a loop's declared stages, and of as many again for each symbol that has its own. */
export function cellsFor(defaultCells: number, declaredStages: number, symbolLimit = 0): number {
  const block = HISTOGRAM_CELLS + cellCount(BUCKET_FAMILIES.compute);
  const beyondUsual = Math.max(0, declaredStages - USUAL_STAGES) * block;
  return defaultCells + beyondUsual + symbolLimit * symbolCells(declaredStages);
}

/** Bytes for the definitions of the same series. */
export function definitionBytesFor(defaultBytes: number, declaredStages: number, symbolLimit = 0): number {
  return defaultBytes + symbolLimit * (stagesOf(declaredStages) + 1) * DEFINITION_BYTES;
}

/** A block for each stage, and the counter of misses. */
function symbolCells(declaredStages: number): number {
  const block = HISTOGRAM_CELLS + cellCount(BUCKET_FAMILIES.compute_coarse);
  return stagesOf(declaredStages) * block + 1;
}

function stagesOf(declaredStages: number): number {
  return Math.max(declaredStages, USUAL_STAGES) + OWN_STAGES;
}
