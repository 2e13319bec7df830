import { DefinitionWriter, SPAN_TEXTS } from '../memory/definitions.js';
import { D_NAME } from '../memory/layout.js';
import type { Region } from '../memory/region.js';

/** Written out instead of interned. */
const NOT_INTERNED = 0;
const MAX_TEXTS = 4_096;
const MAX_UNITS = 128;

/**
 * Names of spans and events, attribute keys and scopes come again and again and travel as ids. The table is
 * bounded and apart from that of the recorder's own names, which bots with ever new span names must not fill;
 * what does not fit is written out.
 */
export class SpanTexts {
  readonly #ids = new Map<string, number>();
  readonly #definitions: DefinitionWriter;
  #isFull = false;

  constructor(region: Region) {
    this.#definitions = new DefinitionWriter(region, SPAN_TEXTS);
  }

  id(text: string): number {
    return this.#ids.get(text) ?? this.#define(text);
  }

  #define(text: string): number {
    if (this.#isFull || text.length > MAX_UNITS) return NOT_INTERNED;
    const id = this.#ids.size + 1;
    if (id > MAX_TEXTS || !this.#definitions.append(D_NAME, id, 0, text)) {
      this.#isFull = true;
      return NOT_INTERNED;
    }
    this.#ids.set(text, id);
    return id;
  }
}
