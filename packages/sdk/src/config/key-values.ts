/**
 * `key1=value1,key2=value2` with percent-encoded values, as `OTEL_RESOURCE_ATTRIBUTES` and
 * `OTEL_EXPORTER_OTLP_HEADERS` carry it (the list of W3C Baggage, without properties).
 */
export type KeyValues =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, string> }
  /** Which pair is wrong, counted from 1; its text may be a secret. */
  | { readonly ok: false; readonly position: number };

export function parseKeyValues(text: string): KeyValues {
  const entries = new Map<string, string>();
  for (const [index, pair] of text.split(',').entries()) {
    if (pair.trim() === '') continue;
    const separator = pair.indexOf('=');
    const key = decode(pair.slice(0, separator).trim());
    const value = decode(pair.slice(separator + 1).trim());
    if (separator < 1 || !key || value === undefined) return { ok: false, position: index + 1 };
    entries.set(key, value);
  }
  return { ok: true, entries };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
