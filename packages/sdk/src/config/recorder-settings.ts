import type { Mode } from '@tickscope/core';
import type { ResolvedConfig } from './resolved.js';

/** What the recorder on the trading thread needs to know. */
export interface RecorderSettings {
  readonly service: string;
  readonly stages: readonly string[];
  readonly guardReasons: readonly string[];
  readonly deadlineMillis: number | undefined;
  readonly mode: Mode;
  readonly sampleRatio: number;
  readonly ringSlots: number;
  readonly overflow: 'drop' | 'overwrite';
  readonly maxOpenTicks: number;
  readonly abandonAfterMillis: number;
  readonly ambientStages: boolean;
  readonly debugHandles: boolean;
  readonly symbolLabel: boolean;
}

export function recorderSettings(config: ResolvedConfig): RecorderSettings {
  return {
    service: config.service,
    stages: config.stages,
    guardReasons: config.guardReasons,
    deadlineMillis: config.deadlineMillis,
    mode: config.mode,
    sampleRatio: config.sampleRatio,
    ringSlots: config.ring.slots,
    overflow: config.ring.overflow,
    maxOpenTicks: config.maxOpenTicks,
    abandonAfterMillis: config.abandonAfterMillis,
    ambientStages: config.ambientStages,
    debugHandles: config.debugHandles,
    symbolLabel: config.symbolLabel,
  };
}
