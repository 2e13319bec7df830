/** The `baggage` header of W3C Baggage. https://www.w3.org/TR/baggage/ */
import {
  type Baggage,
  type BaggageEntry,
  baggageEntryMetadataFromString,
  propagation,
} from '@opentelemetry/api';

/** W3C asks for 64 members at least; OpenTelemetry's other implementations carry 180. */
const MAX_MEMBERS = 180;
/** Of the whole header, in bytes; it is ASCII. */
const MAX_BYTES = 8_192;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII and blanks, without the comma, which would begin another member. */
const PROPERTIES = /^[\t \x21-\x2b\x2d-\x7e]*$/;

/**
 * The members that can be read; undefined when there are none. Those beyond 180, or beyond the first 8 192
 * bytes, are left out whole. Of members with one key the last counts.
 */
export function parseBaggage(text: string): Baggage | undefined {
  const entries = new Map<string, BaggageEntry>();
  for (const member of wholeMembers(text)) {
    const [pair, ...properties] = member.split(';');
    const separator = pair.indexOf('=');
    const key = decoded(pair.slice(0, separator).trim());
    const value = decoded(pair.slice(separator + 1).trim());
    if (separator < 1 || !TOKEN.test(pair.slice(0, separator).trim()) || !key || value === undefined)
      continue;
    const metadata = properties.join(';').trim();
    entries.set(
      key,
      metadata === '' ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) },
    );
  }
  return entries.size === 0 ? undefined : propagation.createBaggage(Object.fromEntries(entries));
}

/** Undefined when there is nothing to send. Members that do not fit the limits are left out whole. */
export function formatBaggage(baggage: Baggage): string | undefined {
  const members: string[] = [];
  let bytes = -1;
  for (const [key, { value, metadata }] of baggage.getAllEntries()) {
    const properties = metadata?.toString() ?? '';
    const pair = `${encoded(key)}=${encoded(value)}`;
    const member = properties !== '' && PROPERTIES.test(properties) ? `${pair};${properties}` : pair;
    if (key === '' || members.length >= MAX_MEMBERS || bytes + 1 + member.length > MAX_BYTES) continue;
    members.push(member);
    bytes += 1 + member.length;
  }
  return members.length === 0 ? undefined : members.join(',');
}

function wholeMembers(text: string): string[] {
  const cut = text.length <= MAX_BYTES ? text : text.slice(0, text.lastIndexOf(',', MAX_BYTES) + 1);
  return cut.split(',').slice(0, MAX_MEMBERS);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Lone surrogates have no UTF-8; they become the replacement character, as everywhere else. */
function encoded(text: unknown): string {
  return encodeURIComponent(
    String(text).replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd'),
  );
}
