import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Of 19: about a third of the processor time that a thread of the usual priority gets beside it. */
const NICENESS = 5;

/**
 * Lets the calling thread give way to others, the trading thread above all, where processors are scarce. On Linux,
 * where a priority belongs to a thread; elsewhere nothing happens, since it would be that of the whole process.
 * @returns the niceness in force; undefined where nothing was changed. Never throws.
 */
export function giveWay(): number | undefined {
  try {
    // `<process id>/task/<thread id>`: of the thread that reads it.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    const niceness = Math.max(NICENESS, getPriority(thread));
    setPriority(thread, niceness);
    return niceness;
  } catch {
    return undefined;
  }
}
