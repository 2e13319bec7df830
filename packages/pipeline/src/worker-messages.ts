import type { PipelineSettings } from './settings.js';

/** What the worker is started with. */
export interface WorkerData {
  readonly settings: PipelineSettings;
  readonly control: SharedArrayBuffer;
  readonly regions: readonly SharedArrayBuffer[];
  /** How often a worker of this process has been started before. */
  readonly restarts: number;
  /** Port that an earlier worker of this process listened on. */
  readonly port: number | undefined;
}

export type ToWorker =
  | { readonly type: 'flush' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'region'; readonly region: SharedArrayBuffer };

export type FromWorker =
  | { readonly type: 'listening'; readonly address: string | undefined }
  | { readonly type: 'flushed'; readonly request: number }
  | { readonly type: 'warning'; readonly message: string };
