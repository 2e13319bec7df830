import type { EnvironmentReader } from './environment-reader.js';
import type { SettingPath } from './settings.js';

/** The particular variable first: the general one holds where it is not set. */
const VARIABLES: readonly (readonly [SettingPath, ...string[]])[] = [
  ['spanLimits.attributeCount', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  [
    'spanLimits.attributeValueLength',
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ],
  ['spanLimits.eventCount', 'OTEL_SPAN_EVENT_COUNT_LIMIT'],
  ['spanLimits.linkCount', 'OTEL_SPAN_LINK_COUNT_LIMIT'],
  ['spanLimits.attributesPerEvent', 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  ['spanLimits.attributesPerLink', 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
];

export function readSpanLimits(reader: EnvironmentReader): void {
  for (const [path, ...names] of VARIABLES) {
    const name = names.find((candidate) => reader.text(candidate) !== undefined);
    if (name !== undefined) reader.claim(path, name, reader.number(name));
  }
}
