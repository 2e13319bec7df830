import { BUCKET_FAMILIES, type BucketFamily } from '../catalogue/buckets.js';
import type { MetricType } from '../catalogue/metrics.js';
import { DefinitionReader } from '../memory/definitions.js';
import { D_LOOP, D_NAME, D_SERIES, SERIES_TYPES } from '../memory/layout.js';
import type { Region } from '../memory/region.js';

export interface SeriesDefinition {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Metric and labels as one string: equal for the same series of different lanes. */
  readonly key: string;
  readonly type: MetricType;
  readonly family: BucketFamily | undefined;
  /** Double index of the counter's cell or of the histogram's block. */
  readonly at: number;
}

export interface LoopDefinition {
  readonly name: string;
  readonly deadlineMillis: number | undefined;
  readonly stages: readonly string[];
}

/** The key of a series, as the recorder writes it: labels in the recorder's order. */
export function seriesKeyOf(metric: string, ...labels: readonly (readonly [string, string])[]): string {
  let key = metric;
  for (const [name, value] of labels) key += `\0${name}\0${value}`;
  return key;
}

/** What the ids and cells of one region mean, as far as it has been defined. */
export class DefinitionIndex {
  #reader: DefinitionReader | undefined;
  readonly #names = new Map<number, string>();
  readonly #loops = new Map<number, LoopDefinition>();
  readonly #seriesKeys = new Set<string>();
  readonly series: SeriesDefinition[] = [];

  constructor(region: Region) {
    this.#reader = new DefinitionReader(region);
  }

  refresh(): void {
    for (const { kind, a, b, text } of this.#reader?.fresh() ?? []) {
      if (kind === D_NAME) this.#names.set(a, text);
      else if (kind === D_SERIES) {
        this.series.push(seriesOf(text, SERIES_TYPES[b], a));
        this.#seriesKeys.add(text);
      } else if (kind === D_LOOP) this.#loops.set(a, loopOf(text));
    }
  }

  /** Reads what is left and lets the region go: its thread has ended, the names are still asked for. */
  detach(): void {
    this.refresh();
    this.#reader = undefined;
  }

  /** A frame may name what was defined after the last refresh. */
  name(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    this.refresh();
    return this.#names.get(id) ?? 'other';
  }

  loop(id: number): LoopDefinition | undefined {
    if (!this.#loops.has(id)) this.refresh();
    return this.#loops.get(id);
  }

  /** By its key; as of the last refresh, or of now if it is not known yet. */
  hasSeries(key: string): boolean {
    if (!this.#seriesKeys.has(key)) this.refresh();
    return this.#seriesKeys.has(key);
  }

  get loops(): IterableIterator<LoopDefinition> {
    return this.#loops.values();
  }
}

function loopOf(text: string): LoopDefinition {
  const [name, deadline, ...stages] = text.split('\0');
  return { name, deadlineMillis: deadline === '' ? undefined : Number(deadline), stages };
}

function seriesOf(text: string, type: (typeof SERIES_TYPES)[number], at: number): SeriesDefinition {
  const [metric, ...pairs] = text.split('\0');
  const labels: Record<string, string> = {};
  for (let index = 0; index < pairs.length; index += 2) labels[pairs[index]] = pairs[index + 1];
  const isScalar = type === 'counter' || type === 'gauge';
  return {
    metric,
    labels,
    key: text,
    type: isScalar ? type : 'histogram',
    family: isScalar ? undefined : BUCKET_FAMILIES[type],
    at,
  };
}
