import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const MAX_BYTES = 262_144;
/** The open of a pipe that somebody put in the file's place would wait for a writer. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * A file that the kernel or the system keeps in memory, at most its first 256 KiB. Undefined where there is no
 * such regular file. Never throws, never waits.
 */
export function readSmallFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, WITHOUT_WAITING);
    if (!fstatSync(file).isFile()) return undefined;
    const chunks: Buffer[] = [];
    // A file in /proc has no size, and gives as much at a time as it likes.
    for (let left = MAX_BYTES; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(left, 16_384));
      const bytes = readSync(file, chunk);
      if (bytes === 0) break;
      chunks.push(chunk.subarray(0, bytes));
      left -= bytes;
    }
    return Buffer.concat(chunks).toString();
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
