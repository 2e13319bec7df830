/**
 * Which form of `/metrics` a scraper gets, by its `Accept` header.
 *
 * https://prometheus.io/docs/instrumenting/content_negotiation/ and RFC 9110, 12.5.1: the highest weight wins,
 * among equals what the scraper named first. A wildcard asks for nothing in particular, and what is understood
 * everywhere is then the best answer: text 0.0.4, as where nothing suits.
 */
import type { ExpositionFormat } from '../exposition-format.js';

export interface NegotiatedFormat {
  readonly format: ExpositionFormat;
  /** With the version that was asked for. */
  readonly contentType: string;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; 0: not acceptable. */
  readonly weight: number;
}

const TEXT: NegotiatedFormat = { format: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8' };
const PROTOBUF_TYPE = 'application/vnd.google.protobuf';
const PROTOBUF_MESSAGE = 'io.prometheus.client.metricfamily';
const OPENMETRICS_TYPE = 'application/openmetrics-text';
/** The two differ in nothing that is written here. */
const OPENMETRICS_VERSIONS: readonly string[] = ['1.0.0', '0.0.1'];
/** Longer headers come from nobody who scrapes. */
const MAX_HEADER_CHARACTERS = 4096;

export function negotiateFormat(accept: string | undefined): NegotiatedFormat {
  let best = TEXT;
  let bestWeight = 0;
  for (const range of mediaRanges((accept ?? '').slice(0, MAX_HEADER_CHARACTERS))) {
    if (range.weight <= bestWeight) continue;
    const spoken = spokenFormat(range);
    if (spoken === undefined) continue;
    best = spoken;
    bestWeight = range.weight;
  }
  return best;
}

/** Undefined: not spoken here, or nothing in particular. */
function spokenFormat({ type, parameters }: MediaRange): NegotiatedFormat | undefined {
  const version = parameters.get('version');
  if (type === 'text/plain') {
    return version === undefined || version === '0.0.4' ? withEscaping(TEXT, parameters) : undefined;
  }
  if (type === OPENMETRICS_TYPE) {
    const spoken = version ?? OPENMETRICS_VERSIONS[0];
    if (!OPENMETRICS_VERSIONS.includes(spoken)) return undefined;
    const contentType = `${OPENMETRICS_TYPE}; version=${spoken}; charset=utf-8`;
    return withEscaping({ format: 'openmetrics', contentType }, parameters);
  }
  const isMetricFamily =
    type === PROTOBUF_TYPE &&
    parameters.get('proto')?.toLowerCase() === PROTOBUF_MESSAGE &&
    parameters.get('encoding') === 'delimited';
  if (!isMetricFamily) return undefined;
  const contentType = `${PROTOBUF_TYPE}; proto=io.prometheus.client.MetricFamily; encoding=delimited`;
  return withEscaping({ format: 'protobuf', contentType }, parameters);
}

/**
 * Whatever scheme was asked for: names are always such that no scheme has to quote them, and the answer says by
 * which they became so.
 */
function withEscaping(format: NegotiatedFormat, parameters: ReadonlyMap<string, string>): NegotiatedFormat {
  if (!parameters.has('escaping')) return format;
  return { ...format, contentType: `${format.contentType}; escaping=underscores` };
}

function mediaRanges(header: string): MediaRange[] {
  return splitUnquoted(header, ',').map((text) => {
    const [type, ...rest] = splitUnquoted(text, ';').map((part) => part.trim());
    const parameters = new Map<string, string>();
    for (const part of rest) {
      const at = part.indexOf('=');
      if (at > 0) parameters.set(part.slice(0, at).trim().toLowerCase(), unquoted(part.slice(at + 1).trim()));
    }
    return { type: type.toLowerCase(), parameters, weight: weightOf(parameters.get('q')) };
  });
}

/** A weight that cannot be read is none: the range is not to be preferred for it. */
function weightOf(text: string | undefined): number {
  if (text === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 0;
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value;
}

function splitUnquoted(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const parts: string[] = [];
  let isQuoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
