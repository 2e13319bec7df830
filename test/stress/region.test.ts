/**
 * Definitions and the gauge of parallel symbols, read while another thread writes them.
 *
 * Forbidden: a series whose label is not a name that was defined, or out of order, or twice; a count before
 * its name; a maximum of parallel symbols that was never reached, or less than what was reached between two
 * readings.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { RegionReader } from '@tickscope/core/internal';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ANSWER,
  COMMAND,
  CONTROL_BYTES,
  nameOf,
  PEAK,
  REST,
  type RegionReady,
  STOP,
} from './fixtures/definition-run.js';

let writer: Worker;
let words: Int32Array;
let reader: RegionReader;
let region: SharedArrayBuffer;

beforeEach(async () => {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  words = new Int32Array(control);
  writer = new Worker(new URL('../dist/stress/fixtures/definition-thread.js', import.meta.url), {
    workerData: { control, sizes: { definitionBytes: 8_388_608, ringSlots: 128 } },
  });
  const [{ buffer }] = (await once(writer, 'message')) as [RegionReady];
  region = buffer;
  reader = new RegionReader(region);
});

afterEach(async () => {
  Atomics.store(words, STOP, 1);
  await writer.terminate();
});

test('definitions are read whole, in order and once, while more are written', () => {
  const deadline = performance.now() + 1_000;
  let growths = 0;
  const progress = { checked: 0, reasons: 0 };
  while (performance.now() < deadline) {
    // Read as soon as they are published: an entry that is not whole by then is seen.
    reader.definitions.refresh();
    const before = progress.reasons;
    checkReasons(reader, progress);
    if (progress.reasons > before) growths++;
  }
  expect(progress.reasons).toBeGreaterThan(1_000);
  expect(growths).toBeGreaterThan(3);
  // One that starts from the beginning, as after a restart, while the writer goes on.
  const late = new RegionReader(region);
  const counts = late.series().filter(({ labels }) => labels.reason !== undefined);
  checkReasons(late, { checked: 0, reasons: 0 });
  for (const trip of counts.slice(0, -1)) expect(trip).toMatchObject({ type: 'counter', value: 1 });
});

/** Goes on where it stopped: the reasons of guard trips must be the names that were defined, in their order. */
function checkReasons({ definitions }: RegionReader, progress: { checked: number; reasons: number }): void {
  for (; progress.checked < definitions.series.length; progress.checked++) {
    const { reason } = definitions.series[progress.checked].labels;
    if (reason === undefined) continue;
    if (reason !== nameOf(progress.reasons)) expect.fail(`reason ${reason} in place ${progress.reasons}`);
    progress.reasons++;
  }
}

test('the maximum of parallel symbols is exact when it is read before and after', () => {
  const round = fc.record({ peak: fc.nat(12), rest: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 40 }), (rounds) => {
      reader.takeParallelMaximum();
      let open = reader.parallelSymbols;
      for (const { peak, rest } of rounds) {
        command(peak, rest);
        const reached = Math.max(open, peak);
        open = Math.min(reached, rest);
        expect(reader.takeParallelMaximum()).toBe(reached);
        expect(reader.parallelSymbols).toBe(open);
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test('the maximum of parallel symbols never exceeds what was reached when it is read in between', () => {
  reader.takeParallelMaximum();
  for (let round = 0; round < 300; round++) {
    const peak = 1 + (round % 12);
    let seen = 0;
    command(peak, 0, () => {
      seen = Math.max(seen, reader.takeParallelMaximum());
    });
    // One is let through: a symbol that is opened in the nanoseconds of a call may be missed.
    seen = Math.max(seen, reader.takeParallelMaximum());
    if (seen > peak || seen < peak - 1) expect.fail(`${seen} of ${peak} symbols`);
  }
});

/** Has the other thread open and close symbols, and does something of its own in the meantime. */
function command(peak: number, rest: number, meanwhile: () => void = () => {}): void {
  words[PEAK] = peak;
  words[REST] = rest;
  const number = words[COMMAND] + 1;
  Atomics.store(words, COMMAND, number);
  while (Atomics.load(words, ANSWER) !== number) meanwhile();
}
