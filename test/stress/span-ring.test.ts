/**
 * The span ring, written by one thread and read by another, both at full speed and the ring full much of the time.
 *
 * Everything in a span follows from its number. Forbidden:
 *  - a span with a part of another one, or with less than it was given;
 *  - a span before one that ended earlier, or twice;
 *  - a span that is neither read nor counted as refused.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { RegionReader } from '@tickscope/core/internal';
import { expect, test } from 'vitest';
import { attributesOf, eventsOf, nameOf, SPANS } from './fixtures/span-run.js';
import { CONTROL_BYTES, DONE, READY, type Region, STOP } from './fixtures/tick-run.js';

const RUN_MILLIS = 2_000;

test('spans arrive whole, in order, or are counted as refused', async () => {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const words = new Int32Array(control);
  const writer = new Worker(new URL('../dist/stress/fixtures/span-thread.js', import.meta.url), {
    workerData: { control },
  });
  const [{ buffer }] = (await once(writer, 'message')) as [Region];
  const reader = new RegionReader(buffer);
  let latest = 0;
  let read = 0;
  const readAll = () => {
    for (let frame = reader.spanRing.next(); frame !== undefined; frame = reader.spanRing.next()) {
      const span = reader.spanDecoder.decode(frame);
      const number = span.start as number;
      if (number <= latest) expect.fail(`span ${number} after span ${latest}`);
      expect(span).toMatchObject({
        name: nameOf(number),
        kind: number % 5,
        threshold: number,
        end: number + 0.5,
        attributes: attributesOf(number),
        events: eventsOf(number),
      });
      latest = number;
      read++;
    }
  };
  Atomics.store(words, READY, 1);
  Atomics.notify(words, READY);
  try {
    const deadline = performance.now() + RUN_MILLIS;
    while (performance.now() < deadline) readAll();
  } finally {
    Atomics.store(words, STOP, 1);
    Atomics.wait(words, DONE, 0, 10_000);
    await writer.terminate();
  }
  readAll();
  const refused = reader.tally('api_spans_ring_full');
  expect(read).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(0);
  expect(read + refused).toBe(new Float64Array(control)[SPANS]);
  expect([reader.spansRecorded, reader.spansTaken]).toEqual([read + refused, read]);
});
