import type { OtlpSettings } from '@tickscope/pipeline';
import type { Claim } from './claims.js';
import { SETTINGS } from './settings.js';
import type { Sources } from './sources.js';

type Signal = 'traces' | 'metrics';
type Tuning = 'timeoutMs' | 'compression';
type TlsFile = 'certificateFile' | 'clientKeyFile' | 'clientCertificateFile';

/** Of the specification, for an exporter that was asked for without an endpoint. */
const DEFAULT_ENDPOINT = 'http://localhost:4318';

/** Undefined: the signal is not sent. */
export function resolveOtlp(sources: Sources, signal: Signal): OtlpSettings | undefined {
  const { origins } = sources;
  const path = `otlp.${signal}` as const;
  const asked = sources.claim(path);
  const off = sources.claim('otlp');
  const stopped = signal === 'metrics' ? sources.file?.metricsEnabled : undefined;
  const stop =
    (stopped?.value === false ? stopped : undefined) ??
    (off?.value === false ? off : undefined) ??
    (asked?.value === false ? asked : undefined);
  const endpoint = stop ? undefined : endpointOf(sources, signal);
  const wanted = signal === 'traces' ? endpoint !== undefined : asked?.value === true;
  if (stop || !(wanted || asked?.value === true)) {
    origins[path] = stop?.origin ?? 'default';
    return undefined;
  }
  const { url, origin } = endpoint ?? {
    url: signalUrl(DEFAULT_ENDPOINT, signal),
    origin: asked?.origin ?? 'default',
  };
  origins[path] = asked?.origin ?? origin;
  origins[`${path}.endpoint`] = origin;
  return {
    url,
    headers: headersOf(sources, signal),
    timeoutMillis: tune(sources, signal, 'timeoutMs'),
    compression: tune(sources, signal, 'compression'),
    ...tlsOf(sources, signal),
  };
}

function tlsOf(sources: Sources, signal: Signal): Pick<OtlpSettings, 'tls'> {
  const tls = {
    certificateFile: fileOf(sources, signal, 'certificateFile'),
    clientKeyFile: fileOf(sources, signal, 'clientKeyFile'),
    clientCertificateFile: fileOf(sources, signal, 'clientCertificateFile'),
  };
  return Object.values(tls).some((file) => file !== undefined) ? { tls } : {};
}

function fileOf(sources: Sources, signal: Signal, name: TlsFile): string | undefined {
  const claim = claimOf(sources, signal, name);
  if (claim) sources.origins[`otlp.${signal}.${name}`] = claim.origin;
  return claim?.value as string | undefined;
}

/** `base` with the signal's path appended, whatever path it has itself. */
function signalUrl(base: string, signal: Signal): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url.href;
}

/** Within one source the signal's own endpoint wins, and is used as it is. */
function endpointOf(sources: Sources, signal: Signal): { url: string; origin: string } | undefined {
  for (const source of sources.all()) {
    const own = source.get(`otlp.${signal}.endpoint`);
    if (own) return { url: new URL(own.value).href, origin: own.origin };
    const base = source.get('otlp.endpoint');
    if (base) return { url: signalUrl(base.value, signal), origin: base.origin };
  }
  return undefined;
}

/** Merged name by name, the stronger source winning: a token from the environment joins headers from code. */
function headersOf(sources: Sources, signal: Signal): Readonly<Record<string, string>> {
  const merged = new Map<string, readonly [name: string, value: string]>();
  const from: string[] = [];
  for (const source of sources.all().toReversed()) {
    for (const path of ['otlp.headers', `otlp.${signal}.headers`] as const) {
      const claim = source.get(path);
      if (!claim) continue;
      from.unshift(claim.origin);
      for (const header of Object.entries(claim.value)) merged.set(header[0].toLowerCase(), header);
    }
  }
  sources.origins[`otlp.${signal}.headers`] = [...new Set(from)].join(', ') || 'default';
  return Object.fromEntries(merged.values());
}

/** The signal's own form wins within one source, and a stronger source over both forms of a weaker one. */
function claimOf(sources: Sources, signal: Signal, name: Tuning | TlsFile): Claim | undefined {
  return sources
    .all()
    .map((source) => source.get(`otlp.${signal}.${name}` as const) ?? source.get(`otlp.${name}` as const))
    .find((found) => found !== undefined);
}

function tune<T extends Tuning>(sources: Sources, signal: Signal, name: T): Tuned<T> {
  const claim = claimOf(sources, signal, name);
  sources.origins[`otlp.${signal}.${name}`] = claim?.origin ?? 'default';
  return (claim?.value ?? SETTINGS[`otlp.${name}` as const].fallback) as Tuned<T>;
}

type Tuned<T extends Tuning> = (typeof SETTINGS)[`otlp.${T}`]['fallback'];
