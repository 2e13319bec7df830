import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

// The test process may end (a crash, an unhandled rejection) before a test got to its clean-up.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Makes sure that the child does not outlive this process. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** SIGKILL by pid, and only then returns when the process is gone. */
export async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
