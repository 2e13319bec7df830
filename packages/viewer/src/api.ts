import type { HistoryJson, KeptTickJson, KeptTicksJson, SnapshotJson } from '@tickscope/pipeline/protocol';

/** An answer that takes longer counts as a lost connection. */
const TIMEOUT_MILLIS = 4000;

/** Paths are relative, so that the page also works behind a proxy that adds a prefix. */
async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, {
    cache: 'no-store',
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MILLIS),
  });
  const body = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(body.error ?? `status ${response.status}`);
  return body;
}

export function fetchSnapshot(): Promise<SnapshotJson> {
  return get('api/snapshot');
}

export function fetchHistory(): Promise<HistoryJson> {
  return get('api/history');
}

export function fetchTicks(limit: number, reason: string | undefined): Promise<KeptTicksJson> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (reason !== undefined) query.set('reason', reason);
  return get(`api/ticks?${query}`);
}

export function fetchTick(traceId: string): Promise<KeptTickJson> {
  return get(`api/ticks/${encodeURIComponent(traceId)}`);
}
