import type { PipelineSettings } from './settings.js';

/** What the worker is started with. */
export interface WorkerData {
  readonly settings: PipelineSettings;
  readonly control: SharedArrayBuffer;
  readonly regions: readonly SharedArrayBuffer[];
  /** How often a worker of this process has been started before. */
  readonly restarts: number;
  /** The most that a flush may take. */
  readonly flushTimeoutMillis: number;
}

export type ToWorker =
  | { readonly type: 'flush' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'region'; readonly region: SharedArrayBuffer };

export type FromWorker =
  | { readonly type: 'listening'; readonly address: string | undefined }
  | { readonly type: 'flushed'; readonly request: number }
  | { readonly type: 'warning'; readonly message: string };
