import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { cleanEnvironment } from './environment.js';
import { killAndWait, track } from './kill.js';

export interface ChildOptions {
  readonly args?: readonly string[];
  /** Added to a clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own options, before the script. */
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program under test: captured output, waiting for lines and for the end, gone when the test is. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #description: string;
  #stdout = '';
  #stderr = '';
  #exit: Exit | undefined;

  private constructor(command: string, args: readonly string[], options: ChildOptions) {
    this.#description = [command, ...args].join(' ');
    this.#process = spawn(command, args, {
      cwd: options.cwd,
      env: cleanEnvironment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    track(this.#process);
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#changes.emit('change');
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#changes.emit('change');
    });
    // The program may be gone by the time something is written to it; its exit tells.
    this.#process.stdin?.on('error', () => {});
    this.#process.on('error', (error) => {
      this.#stderr += `${error}\n`;
      this.#exit = { code: null, signal: null };
      this.#changes.emit('change');
    });
    // 'close', not 'exit': only then has all output been read.
    this.#process.on('close', (code, signal) => {
      this.#exit = { code, signal };
      this.#changes.emit('change');
    });
  }

  /** Starts a Node script with this Node. Its standard input stays open, and silent, until `endInput()`. */
  static node(script: string, options: ChildOptions = {}): Child {
    return new Child(
      process.execPath,
      [...(options.execArgv ?? []), script, ...(options.args ?? [])],
      options,
    );
  }

  static program(path: string, options: Omit<ChildOptions, 'execArgv'> = {}): Child {
    return new Child(path, options.args ?? [], options);
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get exited(): boolean {
    return this.#exit !== undefined;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  /** For programs that run until their standard input ends. */
  endInput(): void {
    this.#process.stdin?.end();
  }

  /** The first match in a complete line of either stream, past or future; rejects when the program ends without one. */
  async waitForLine(pattern: RegExp, timeoutMillis = 10_000): Promise<RegExpMatchArray> {
    return await this.#waitFor(`a line like ${pattern}`, timeoutMillis, () => {
      const match = firstMatch(this.#stdout, pattern) ?? firstMatch(this.#stderr, pattern);
      if (match) return match;
      if (this.#exit) throw new Error(`${this.#describe()}\nended without a line like ${pattern}`);
      return undefined;
    });
  }

  async waitForExit(timeoutMillis = 20_000): Promise<Exit> {
    return await this.#waitFor('its end', timeoutMillis, () => this.#exit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killAndWait(this.#process);
  }

  #waitFor<T>(what: string, timeoutMillis: number, probe: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#changes.off('change', check);
      };
      const check = () => {
        try {
          const value = probe();
          if (value === undefined) return;
          resolve(value);
        } catch (error) {
          reject(error);
        }
        settle();
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`Waited ${timeoutMillis} ms for ${what} of\n${this.#describe()}`));
      }, timeoutMillis);
      this.#changes.on('change', check);
      check();
    });
  }

  #describe(): string {
    const state = this.#exit ? `code ${this.#exit.code}, signal ${this.#exit.signal}` : 'running';
    return `${this.#description} (${state})\n${tail(this.#stdout)}\n${tail(this.#stderr)}`;
  }
}

function firstMatch(output: string, pattern: RegExp): RegExpMatchArray | undefined {
  const complete = output.slice(0, output.lastIndexOf('\n') + 1);
  for (const line of complete.split('\n')) {
    const match = line.match(pattern);
    if (match) return match;
  }
  return undefined;
}

function tail(output: string): string {
  return output.split('\n').slice(-30).join('\n');
}
