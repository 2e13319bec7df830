/** Which pipeline a thread's scope has behind it: one that it starts, or the one that the process has. */
import type { PipelineControl } from '@tickscope/core/internal';
import { JoinedPipeline, type PipelineSettings, type Seat, WorkerPipeline } from '@tickscope/pipeline';
import { pipelineSettings } from './config/pipeline-settings.js';
import type { ResolvedConfig } from './config/resolved.js';
import { sharedSettings, wishedSettings } from './config/shared-settings.js';
import { installExitHooks } from './exit.js';

export interface ConnectOptions {
  readonly config: ResolvedConfig;
  readonly seat: Seat;
  readonly region: SharedArrayBuffer;
  readonly onWarning: (message: string) => void;
}

export function connect(options: ConnectOptions): PipelineControl {
  const { config, seat, region, onWarning } = options;
  if (config.pipeline === 'inline') {
    return startInline(pipelineSettings(config), region, config.flushTimeoutMillis, onWarning);
  }
  const startWorker = (): WorkerPipeline =>
    new WorkerPipeline({
      settings: pipelineSettings(config),
      shared: sharedSettings(config),
      region,
      flushTimeoutMillis: config.flushTimeoutMillis,
      onWarning,
    });
  const pipeline =
    seat.role === 'owner'
      ? startWorker()
      : new JoinedPipeline({
          seat,
          region,
          wishes: wishedSettings(config),
          flushTimeoutMillis: config.flushTimeoutMillis,
          startOwn: startWorker,
          onWarning,
        });
  // A script that ends at once then ends when its worker has started, instead of blocking in `exit` until it has.
  if (seat.role === 'owner') void pipeline.address;
  const hooks = installExitHooks(() => pipeline.flushAtExit());
  return {
    get address() {
      return pipeline.address;
    },
    flush: () => pipeline.flush(),
    async shutdown() {
      await pipeline.shutdown();
      hooks.remove();
    },
  };
}

/** The stages load when they are asked for only: a bot with a worker never has them on its thread. */
function startInline(
  settings: PipelineSettings,
  region: SharedArrayBuffer,
  flushTimeoutMillis: number,
  onWarning: (message: string) => void,
): PipelineControl {
  const started = import('@tickscope/pipeline/inline').then(
    ({ InlinePipeline }) => new InlinePipeline(settings, region, flushTimeoutMillis, onWarning),
  );
  return {
    address: started.then((pipeline) => pipeline.address),
    flush: async () => (await started).flush(),
    shutdown: async () => (await started).shutdown(),
  };
}
