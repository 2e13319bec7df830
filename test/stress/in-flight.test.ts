/**
 * Ticks under construction, read by another thread while they open, fill and close at full speed.
 *
 * Every record of a tick says which tick it belongs to, and its shape follows from that. Forbidden:
 *  - a tick with a span, attribute or text of another one, or with a part of one;
 *  - a tick with more of anything than it ever has, or with its records in another order;
 *  - a span that begins before its tick, or two of the same index.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type FrameView, RegionReader, type SpanRecord, type TickRecord } from '@tickscope/core/internal';
import { expect, test } from 'vitest';
import { CONTROL_BYTES, DONE, READY, type Region, STOP, TICKS, textOf } from './fixtures/tick-run.js';

const RUN_MILLIS = 2_000;

test('open ticks are seen whole, or not at all', async () => {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const words = new Int32Array(control);
  const writer = new Worker(new URL('../dist/stress/fixtures/tick-thread.js', import.meta.url), {
    workerData: { control },
  });
  const [{ buffer }] = (await once(writer, 'message')) as [Region];
  const reader = new RegionReader(buffer);
  Atomics.store(words, READY, 1);
  Atomics.notify(words, READY);
  let seen = 0;
  const lengths = new Set<number>();
  try {
    const deadline = performance.now() + RUN_MILLIS;
    while (performance.now() < deadline) {
      for (const view of reader.openFrames()) {
        const tick = decode(reader, view);
        const wrong = wrongIn(tick);
        if (wrong !== undefined)
          expect.fail(`${wrong} in open tick ${tick.sequence} (the ${seen + 1}th seen)`);
        lengths.add(tick.spans.length);
        seen++;
      }
      for (let view = reader.nextFrame(); view !== undefined; view = reader.nextFrame()) {
        const wrong = wrongIn(reader.decoder.tick(view, { threshold: 0 }, 0n)) ?? missingFrom(view, reader);
        if (wrong !== undefined) expect.fail(`${wrong} in a finished tick`);
      }
    }
  } finally {
    Atomics.store(words, STOP, 1);
    Atomics.wait(words, DONE, 0, 10_000);
    await writer.terminate();
  }
  // Seen in all stages of construction, or nothing was shown.
  expect(seen).toBeGreaterThan(1_000);
  expect(lengths.size).toBeGreaterThan(8);
  expect(new Float64Array(control)[TICKS]).toBeGreaterThan(10_000);
});

function decode(reader: RegionReader, view: FrameView): TickRecord {
  return reader.decoder.tick(view, { threshold: 0 }, 0n, performance.now());
}

/** What a tick has that it may not have at any time; undefined if it is sound. */
function wrongIn({ sequence, attributes, spans, startMillis, endMillis }: TickRecord): string | undefined {
  const laps = spans.filter(({ name }) => name.startsWith('lap '));
  const others = spans.filter((span) => !laps.includes(span)).sort((a, b) => a.index - b.index);
  const [stage, request, ...more] = others;
  if (attributes.number !== undefined && attributes.number !== sequence) return `number ${attributes.number}`;
  if (attributes.number === undefined && spans.length > 0) return 'spans before the first attribute';
  if (Object.keys(attributes).length > 1) return `attributes ${Object.keys(attributes)}`;
  if (laps.some(({ name }) => name !== `lap ${sequence % 5}`)) return `laps ${laps.map(({ name }) => name)}`;
  if (laps.length > sequence % 11) return `${laps.length} laps`;
  if (more.length > 0) return `spans ${others.map(({ name }) => name)}`;
  if (stage === undefined) return laps.length > 0 || request !== undefined ? 'no stage' : undefined;
  return (
    wrongInStage(stage, sequence) ??
    (request === undefined || request.name === `POST api ${sequence % 3}` ? undefined : request.name) ??
    (request !== undefined && laps.length < sequence % 11 ? 'a request before the laps' : undefined) ??
    wrongTimes(spans, startMillis, endMillis)
  );
}

function wrongInStage({ name, attributes }: SpanRecord, sequence: number): string | undefined {
  const { number = sequence, text = textOf(sequence), ...more } = attributes;
  if (name !== `stage ${sequence % 7}`) return `stage ${name}`;
  if (number !== sequence) return `number ${number} of the stage`;
  if (text !== textOf(sequence)) return `text ${text}`;
  return Object.keys(more).length > 0 ? `attributes ${Object.keys(more)} of the stage` : undefined;
}

function wrongTimes(spans: readonly SpanRecord[], start: number, end: number): string | undefined {
  if (new Set(spans.map(({ index }) => index)).size < spans.length) return 'an index twice';
  const wrong = spans.find((span) => !(span.startMillis >= start && span.endMillis <= end));
  return wrong === undefined ? undefined : `${wrong.name} from ${wrong.startMillis} to ${wrong.endMillis}`;
}

/** What a finished tick lacks. */
function missingFrom(view: FrameView, reader: RegionReader): string | undefined {
  const { sequence, spans } = reader.decoder.tick(view, { threshold: 0 }, 0n);
  if (spans.length !== 2 + (sequence % 11)) return `${spans.length} spans`;
  return spans.every(({ unfinished }) => !unfinished) ? undefined : 'an unfinished span';
}
