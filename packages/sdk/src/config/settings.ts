/** Every setting: its path as code spells it, the check that it must pass, and its default. */
import type { Mode } from '@tickscope/core';
import { MAX_TEXT_UNITS } from '@tickscope/core/internal';
import {
  type Check,
  flag,
  groupOrFalse,
  groupOrFlag,
  headers,
  httpBaseUrl,
  httpUrl,
  integer,
  oneOf,
  positiveMillis,
  powerOfTwo,
  ratio,
  readableFile,
  resourceAttributes,
  text,
} from './check.js';
import { constantLabels, guardReasonNames, stageNames } from './names.js';
import { hosts, PROPAGATORS, type PropagatorName, propagatorNames } from './propagation.js';

interface Setting<T> {
  readonly check: Check<NonNullable<T>>;
  /** Undefined: absent unless configured, or derived from other settings. */
  readonly fallback: T;
}

function setting<T>(check: Check<T & {}>, fallback: T): Setting<T> {
  return { check, fallback };
}

function optional<T>(check: Check<T & {}>): Setting<T | undefined> {
  return { check, fallback: undefined } as Setting<T | undefined>;
}

const spanLimit = integer(0, 10_000);
const requestTimeout = integer(1, 600_000);
const compression = oneOf('none', 'gzip');

export const SETTINGS = {
  enabled: setting(flag, true),
  service: optional(text(255)),
  serviceVersion: optional(text(255)),
  resource: optional(resourceAttributes),
  constantLabels: setting<Readonly<Record<string, string>>>(constantLabels, {}),
  exemplars: setting(flag, true),
  stages: setting<readonly string[]>(stageNames, []),
  guardReasons: setting<readonly string[]>(guardReasonNames, []),
  deadlineMs: optional(positiveMillis),
  mode: optional<Mode>(oneOf('off', 'metrics', 'sampled', 'full')),
  sampleRatio: setting(ratio, 1),
  goldenInterval: setting(integer(0, 2 ** 32 - 1), 0),
  holdBackMs: setting(integer(0, 10_000), 250),
  maxKeptSpansPerSecond: setting(integer(1, 10_000_000), 100_000),
  maxStoredTicks: setting(integer(0, 100_000), 1_000),
  symbolLabel: setting(flag, false),
  symbolLabelLimit: setting(integer(1, 1_000), 64),
  stuckAfterMs: setting(integer(1, 3_600_000), 1_000),
  prometheus: setting(groupOrFalse, true),
  'prometheus.host': setting(text(255), '127.0.0.1'),
  'prometheus.port': setting(integer(0, 65_535), 9464),
  otlp: setting(groupOrFalse, true),
  'otlp.endpoint': optional(httpBaseUrl),
  'otlp.headers': optional(headers),
  'otlp.timeoutMs': setting(requestTimeout, 10_000),
  'otlp.compression': setting<'none' | 'gzip'>(compression, 'none'),
  'otlp.certificateFile': optional(readableFile),
  'otlp.clientKeyFile': optional(readableFile),
  'otlp.clientCertificateFile': optional(readableFile),
  'otlp.traces': optional(groupOrFlag),
  'otlp.traces.endpoint': optional(httpUrl),
  'otlp.traces.headers': optional(headers),
  'otlp.traces.timeoutMs': optional(requestTimeout),
  'otlp.traces.compression': optional<'none' | 'gzip'>(compression),
  'otlp.traces.certificateFile': optional(readableFile),
  'otlp.traces.clientKeyFile': optional(readableFile),
  'otlp.traces.clientCertificateFile': optional(readableFile),
  'otlp.metrics': optional(groupOrFlag),
  'otlp.metrics.endpoint': optional(httpUrl),
  'otlp.metrics.headers': optional(headers),
  'otlp.metrics.timeoutMs': optional(requestTimeout),
  'otlp.metrics.compression': optional<'none' | 'gzip'>(compression),
  'otlp.metrics.certificateFile': optional(readableFile),
  'otlp.metrics.clientKeyFile': optional(readableFile),
  'otlp.metrics.clientCertificateFile': optional(readableFile),
  'otlp.metrics.intervalMs': setting(integer(100, 3_600_000), 60_000),
  'otlp.metrics.histograms': setting<'explicit' | 'exponential'>(
    oneOf('explicit', 'exponential'),
    'explicit',
  ),
  'exportQueue.maxSpans': setting(integer(1, 1_048_576), 65_536),
  'exportQueue.batchSpans': setting(integer(1, 1_048_576), 2_048),
  'exportQueue.scheduledDelayMs': setting(integer(1, 60_000), 1_000),
  'exportQueue.maxConcurrentExports': setting(integer(1, 64), 4),
  pipeline: setting<'worker' | 'inline'>(oneOf('worker', 'inline'), 'worker'),
  'ring.slots': setting(powerOfTwo(1_024, 16_777_216), 131_072),
  'ring.overflow': setting<'drop' | 'overwrite'>(oneOf('drop', 'overwrite'), 'drop'),
  maxOpenTicks: setting(integer(1, 4_096), 256),
  abandonAfterMs: setting(integer(1, 86_400_000), 60_000),
  flushTimeoutMs: setting(integer(0, 60_000), 2_000),
  ambientStages: setting(flag, false),
  contextManager: setting(flag, true),
  tracerProvider: setting<'auto' | 'off' | 'force'>(oneOf('auto', 'off', 'force'), 'auto'),
  'spanLimits.attributeCount': setting(spanLimit, 128),
  'spanLimits.attributeValueLength': setting(integer(1, MAX_TEXT_UNITS), MAX_TEXT_UNITS),
  'spanLimits.eventCount': setting(spanLimit, 128),
  'spanLimits.linkCount': setting(spanLimit, 128),
  'spanLimits.attributesPerEvent': setting(spanLimit, 128),
  'spanLimits.attributesPerLink': setting(spanLimit, 128),
  propagators: setting<readonly PropagatorName[]>(propagatorNames, PROPAGATORS),
  propagateTo: setting<readonly string[]>(hosts, []),
  debugHandles: setting(flag, false),
  config: optional(text(4_096)),
  onConfigError: setting<'throw' | 'disable'>(oneOf('throw', 'disable'), 'throw'),
} as const;

export type SettingPath = keyof typeof SETTINGS;
export type SettingValue<P extends SettingPath> = (typeof SETTINGS)[P]['fallback'];

export function isSettingPath(path: string): path is SettingPath {
  return Object.hasOwn(SETTINGS, path);
}
