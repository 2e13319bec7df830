import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type JsonLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child ended, or stayed silent, when it should have said something. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
  readonly exit: Exit | undefined;

  constructor(message: string, exit: Exit | undefined) {
    super(message);
    this.exit = exit;
  }
}

const MAX_STDERR_CHARACTERS = 64 * 1024;
const STOP_TIMEOUT_MS = 15_000;

/** A Node process that speaks lines of JSON and stops when its standard input ends. */
export class Child {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #listeners = new Set<(line: JsonLine) => void>();
  #stderr = '';

  constructor(
    name: string,
    script: string,
    args: readonly string[],
    onLine: (line: JsonLine) => void,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.name = name;
    // A process group of its own: Ctrl-C is the parent's to hear, which stops the children in order.
    this.#process = spawn(process.execPath, [script, ...args, '--stop-with-stdin'], {
      detached: true,
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => resolve({ code, signal }));
      this.#process.once('error', () => resolve({ code: null, signal: null }));
    });
    this.#listeners.add(onLine);
    const { stdin, stdout, stderr } = this.#process;
    // A child that has died is noticed by its exit, not by the pipe.
    stdin?.on('error', () => {});
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    if (!stdout) return;
    createInterface(stdout).on('line', (text) => {
      const line = parseLine(text);
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** What the child has written to standard error, the latest part of it. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The next line that satisfies the predicate. @throws {ChildError} when the child ends or time runs out. */
  line(isWanted: (line: JsonLine) => boolean, what: string, timeoutMs: number): Promise<JsonLine> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        finish();
      };
      const fail = (problem: string, exit?: Exit) =>
        settle(() => reject(new ChildError([problem, this.#stderr.trim()].join('\n').trim(), exit)));
      const listener = (line: JsonLine) => {
        if (isWanted(line)) settle(() => resolve(line));
      };
      const timer = setTimeout(
        () => fail(`the ${this.name} was not ${what} after ${timeoutMs / 1000} s`),
        timeoutMs,
      );
      this.#listeners.add(listener);
      void this.exited.then((exit) => {
        fail(`the ${this.name} ended (${exit.signal ?? `status ${exit.code}`}) before it was ${what}`, exit);
      });
    });
  }

  /** Sends a line to its standard input. */
  say(text: string): void {
    this.#process.stdin?.write(`${text}\n`);
  }

  /** SIGTERM; SIGKILL when that has not helped after 15 s. */
  async stop(): Promise<Exit> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

function parseLine(text: string): JsonLine {
  try {
    return JSON.parse(text) as JsonLine;
  } catch {
    return { message: text };
  }
}
