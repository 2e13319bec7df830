import { openSync, readdirSync, readFileSync, readSync } from 'node:fs';

const buffer = Buffer.alloc(128);

/**
 * The kernel's account of the calling thread, from `/proc/thread-self/schedstat`: `onCpuNs` (updated at the
 * scheduler's tick) and `waitNs`, the time it was ready to run and was kept waiting for a processor (exact).
 * A busy loop's wall time less its wait is what the code itself took, whatever else ran on the machine.
 * Where there is no such file both read as zero and figures are plain wall time.
 */
export function openRunQueue() {
  let file;
  try {
    file = openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return { available: false, read: () => ({ onCpuNs: 0, waitNs: 0 }), waitNs: () => 0 };
  }
  const read = () => {
    const length = readSync(file, buffer, 0, buffer.length, 0);
    const [onCpu, wait] = buffer.latin1Slice(0, length).split(' ');
    return { onCpuNs: Number(onCpu), waitNs: Number(wait) };
  };
  return { available: true, read, waitNs: () => read().waitNs };
}

/** Time on a processor per thread of this process, nanoseconds by thread id. */
export function threadCpuNs() {
  const byThread = new Map();
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      const [onCpu] = readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1').split(' ');
      byThread.set(Number(thread), Number(onCpu));
    } catch {
      // The thread ended between the listing and the read.
    }
  }
  return byThread;
}
