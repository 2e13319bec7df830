import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../process/environment.js';
import { killAndWait, track } from '../process/kill.js';
import { type Arrival, ArrivalLog } from './arrival-log.js';
import type { ReceiverMode } from './mode.js';

// Also from src/ (unit tests) the child is the compiled file.
const CHILD = fileURLToPath(new URL('../../dist/otlp/receiver-child.js', import.meta.url));

export type ToReceiver = { readonly setMode: ReceiverMode };
export type FromReceiver =
  | { readonly endpoint: string }
  | { readonly modeIsSet: true }
  | { readonly arrival: Arrival };

/**
 * An `OtlpReceiver` in a process of its own: it answers while the test's thread is blocked and lives on when the sender
 * dies. Arrivals are mirrored here, so waiting works the same way.
 */
export class OtlpReceiverProcess extends ArrivalLog implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly endpoint: string;

  private constructor(child: ChildProcess, endpoint: string) {
    super();
    this.#child = child;
    this.endpoint = endpoint;
    child.on('message', (message: FromReceiver) => {
      if ('arrival' in message) this.add(message.arrival);
    });
  }

  static async start(): Promise<OtlpReceiverProcess> {
    const child = fork(CHILD, {
      env: cleanEnvironment(),
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    track(child);
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The receiver's process ended with ${code} before it listened`);
      }),
    ])) as [{ endpoint: string }];
    return new OtlpReceiverProcess(child, message.endpoint);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when the mode is in force. */
  async setMode(mode: ReceiverMode): Promise<void> {
    const isSet = new Promise<void>((resolve) => {
      const onMessage = (message: FromReceiver) => {
        if (!('modeIsSet' in message)) return;
        this.#child.off('message', onMessage);
        resolve();
      };
      this.#child.on('message', onMessage);
    });
    this.#child.send({ setMode: mode } satisfies ToReceiver);
    await isSet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killAndWait(this.#child);
  }
}
