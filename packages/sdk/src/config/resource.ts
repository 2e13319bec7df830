import { detectResource } from './detection/detect.js';
import type { Sources } from './sources.js';
import { VERSION } from './version.js';

export type ResourceAttributes = Readonly<Record<string, string | number | boolean>>;

/**
 * Who is speaking, in OpenTelemetry's terms: detected attributes, then `OTEL_RESOURCE_ATTRIBUTES`, then code,
 * name by name.
 */
export function resolveResource(sources: Sources): ResourceAttributes {
  const attributes = new Map<string, string | number | boolean>();
  const put = (name: string, value: string | number | boolean | undefined, origin: string): void => {
    if (value === undefined) return;
    attributes.set(name, value);
    sources.origins[`resource.${name}`] = origin;
  };
  for (const [name, value] of Object.entries(detectResource())) put(name, value, 'detected');
  for (const source of sources.all().toReversed()) {
    const resource = source.get('resource');
    for (const [name, value] of Object.entries(resource?.value ?? {}))
      put(name, value, resource?.origin ?? '');
    // Within one source the setting made for it is stronger than the general list.
    const service = source.get('service');
    if (service) put('service.name', service.value, service.origin);
    const version = source.get('serviceVersion');
    if (version) put('service.version', version.value, version.origin);
  }
  put('telemetry.sdk.name', 'tickscope', 'default');
  put('telemetry.sdk.language', 'nodejs', 'default');
  put('telemetry.sdk.version', VERSION, 'default');
  return Object.fromEntries(attributes);
}
