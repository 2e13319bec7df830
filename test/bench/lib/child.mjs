import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const RESULT_DESCRIPTOR = 3;

/**
 * Runs one measurement in a process of its own and resolves with what it reported. Every repetition gets a
 * fresh process: what one case did to the heap, to type feedback or to promise hooks must not weigh on the next.
 */
export function runChild(
  script,
  argument,
  { node = process.execPath, flags = [], timeoutMillis = 120_000 } = {},
) {
  const path = fileURLToPath(new URL(`../children/${script}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(node, [...flags, path, JSON.stringify(argument)], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      env: childEnvironment(),
    });
    let text = '';
    child.stdio[RESULT_DESCRIPTOR].setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMillis);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 && text !== '') resolve(JSON.parse(text));
      else
        reject(
          new Error(`${script} ${JSON.stringify(argument)} ended with ${signal ?? code}, result "${text}"`),
        );
    });
  });
}

/** A case must see its own options and not what the machine's user set for OpenTelemetry or Node. */
function childEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_OPTIONS$|METRICS_PORT$)/.test(name)),
  );
}

/** Child side: the argument that `runChild` passed. */
export function childArgument() {
  return JSON.parse(process.argv[2]);
}

/** Child side: hands the result back and leaves, whatever timers the measured library still holds. */
export function reportAndExit(result) {
  writeSync(RESULT_DESCRIPTOR, JSON.stringify(result));
  process.exit(0);
}
