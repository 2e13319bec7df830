import type { RetiredTotals } from './retired-lanes.js';
import type { PipelineSettings } from './settings.js';
import type { Join } from './threads/channel.js';

/** What the worker is started with. */
export interface WorkerData {
  readonly settings: PipelineSettings;
  readonly control: SharedArrayBuffer;
  /** Of the thread that starts the worker. */
  readonly region: SharedArrayBuffer;
  readonly threadId: number;
  /** The same for every worker that replaces another. */
  readonly pipelineId: number;
  /** By setting: what other threads' configurations are compared with. */
  readonly shared: Readonly<Record<string, string>>;
  /** Lanes that other threads gave to the worker before this one. */
  readonly joins: readonly Join[];
  /** Of lanes that the worker before this one gave up. */
  readonly retired: RetiredTotals | undefined;
  /** How often a worker of this process has been started before. */
  readonly restarts: number;
  /** The most that a flush may take. */
  readonly flushTimeoutMillis: number;
}

export type ToWorker =
  | { readonly type: 'flush' }
  | { readonly type: 'shutdown' }
  /** What another thread said on the channel, handed on: the worker does not hear it while it starts. */
  | { readonly type: 'join'; readonly join: Join }
  | { readonly type: 'ended'; readonly threadId: number }
  /** The last `retired` has arrived. */
  | { readonly type: 'saved' };

export type FromWorker =
  | { readonly type: 'listening'; readonly address: string | undefined }
  | { readonly type: 'flushed'; readonly request: number }
  | { readonly type: 'warning'; readonly message: string }
  /** What a worker that replaces this one has to know. */
  | { readonly type: 'joined'; readonly join: Join }
  | { readonly type: 'left'; readonly id: string }
  | { readonly type: 'retired'; readonly ids: readonly string[]; readonly totals: RetiredTotals };
