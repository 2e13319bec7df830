import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a reader needs to know to compare figures with those of another machine. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    commit: commit(),
  };
}

function commit() {
  try {
    const folder = fileURLToPath(new URL('../../..', import.meta.url));
    const git = (...words) => execFileSync('git', ['-C', folder, ...words], { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs', ':!README.md');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with local changes'}`;
  } catch {
    return 'unknown';
  }
}

/** Counts what the machine did besides: `stop()` returns shares of all processor time since the call. */
export function watchMachine() {
  const before = processorTimes();
  return {
    stop() {
      const after = processorTimes();
      const delta = after.map((value, index) => value - before[index]);
      const total = delta.reduce((sum, value) => sum + value, 0) || 1;
      return { idleShare: delta[3] / total, stealShare: (delta[7] ?? 0) / total, load: loadavg()[0] };
    },
  };
}

/** The `cpu` line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. */
function processorTimes() {
  try {
    const [line] = readFileSync('/proc/stat', 'latin1').split('\n');
    return line.trim().split(/\s+/).slice(1, 9).map(Number);
  } catch {
    return [0, 0, 0, 0, 0, 0, 0, 0];
  }
}
