import { threadId } from 'node:worker_threads';
import { Pipeline } from './pipeline.js';
import type { PipelineSettings } from './settings.js';

/**
 * The pipeline on the trading thread: for tests and for hosts without workers. Its work takes the bot's own
 * time, nothing is flushed at `process.exit()`, and a stuck tick is not noticed while it is stuck.
 */
export class InlinePipeline {
  readonly address: Promise<string | undefined>;
  readonly #pipeline: Pipeline;
  readonly #flushTimeoutMillis: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    settings: PipelineSettings,
    region: SharedArrayBuffer,
    flushTimeoutMillis: number,
    onWarning: (message: string) => void,
  ) {
    this.#pipeline = new Pipeline({ settings, restarts: 0 });
    this.#flushTimeoutMillis = flushTimeoutMillis;
    this.#pipeline.addRegion(region, threadId);
    this.#turn();
    this.address = this.#pipeline.listen().then((listening) => {
      if (listening === undefined) return undefined;
      if ('address' in listening) return listening.address;
      onWarning(`no HTTP server: ${listening.reason}`);
      return undefined;
    });
  }

  flush(): Promise<void> {
    return this.#pipeline.flush(this.#flushTimeoutMillis, false);
  }

  async shutdown(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#pipeline.shutdown(this.#flushTimeoutMillis);
  }

  #turn(): void {
    const delayMillis = this.#pipeline.turn();
    this.#timer = setTimeout(() => this.#turn(), delayMillis);
    this.#timer.unref();
  }
}
