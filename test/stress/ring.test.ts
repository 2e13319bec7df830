/**
 * The ring under two real threads, in rings that are lapped all the time.
 *
 * Every word of a frame can be computed from its sequence. Forbidden, always and for both strategies:
 *  - torn: a frame with a word that is not its own, a size included;
 *  - duplicated: a frame that is read twice, also by a second reader that takes over;
 *  - reordered: a frame that is older than one that was read before it;
 *  - miscounted: read + lost ≠ written at quiescence, in frames or in units, or more than that at any time;
 *  - under `drop`, a frame that is lost after it was accepted; accepted + refused ≠ offered;
 *  - under `overwrite`, a frame that is refused.
 */
import { Worker } from 'node:worker_threads';
import {
  BOUNDARY_COUNT,
  createRegion,
  F_ORDINAL_WORD,
  F_SEQUENCE,
  F_UNITS_BEFORE,
  H_RING_AT,
  H_RING_SLOTS,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_INTENT,
  R_PUBLISHED,
  R_READ,
  R_READ_SEEN,
  type Region,
  RingReader,
} from '@tickscope/core/internal';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tearIn, unitsOf } from './fixtures/frame-pattern.js';
import {
  CONTROL_BYTES,
  DONE,
  OFFERED_FRAMES,
  OFFERED_UNITS,
  type Pace,
  pauseAfter,
  REFUSED_FRAMES,
  REFUSED_UNITS,
  STARTED,
  STOP,
} from './fixtures/ring-run.js';

interface Scenario {
  readonly seed: number;
  readonly ringSlots: number;
  readonly maxSlots: number;
  readonly writerPace: Pace;
  readonly readerPace: Pace;
  /** Position of the first slot: the counters wrap at 2^32. */
  readonly start: number;
  /** A new reader takes over after so many frames; 0: never. */
  readonly framesPerReader: number;
}

interface Outcome {
  readonly framesRead: number;
  readonly framesLost: number;
  readonly readers: number;
}

const RUNS = 12;
const RUN_MILLIS = 170;

const pace = fc.constantFrom<Pace>('flat out', 'bursts', 'naps');
const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  ringSlots: fc.constantFrom(128, 256, 512, 1_024),
  maxSlots: fc.constantFrom(2, 3, 6, 20, 64),
  writerPace: pace,
  readerPace: pace,
  start: fc.oneof(fc.constant(0), fc.integer({ min: -4_096, max: -1 }), fc.integer({ min: 2 ** 31 - 4_096 })),
  framesPerReader: fc.constantFrom(0, 0, 7, 1_000),
});

let writer: Worker;

beforeAll(() => {
  writer = new Worker(new URL('../dist/stress/fixtures/ring-writer-thread.js', import.meta.url));
});

afterAll(async () => {
  await writer.terminate();
});

describe.each<OverflowStrategy>(['drop', 'overwrite'])('the ring with the strategy %s', (overflow) => {
  test('loses nothing uncounted and tears, repeats and reorders nothing', () => {
    const outcomes: Outcome[] = [];
    fc.assert(
      fc.property(scenarios, (scenario) => {
        outcomes.push(race(overflow, scenario));
      }),
      // A race is not the same race when it is run again: the scenario that failed is reported as it is.
      { numRuns: RUNS, endOnFailure: true },
    );
    // The run has shown something only if frames were read, and if readers were lapped.
    expect(sum(outcomes.map(({ framesRead }) => framesRead))).toBeGreaterThan(1_000);
    if (overflow === 'overwrite') {
      expect(sum(outcomes.map(({ framesLost }) => framesLost))).toBeGreaterThan(1_000);
    }
  });

  test('goes on across the wrap of its positions at 2^32', () => {
    for (const start of [-1, -64, -130, 2 ** 31 - 100]) {
      const outcome = race(overflow, { ...PLAIN, start, maxSlots: 64, ringSlots: 128 });
      expect(outcome.framesRead).toBeGreaterThan(0);
    }
  });

  test('is taken over by another reader without a gap', () => {
    const outcome = race(overflow, { ...PLAIN, framesPerReader: 3 });
    expect(outcome.readers).toBeGreaterThan(10);
  });
});

const PLAIN: Scenario = {
  seed: 1,
  ringSlots: 256,
  maxSlots: 20,
  writerPace: 'flat out',
  readerPace: 'bursts',
  start: 0,
  framesPerReader: 0,
};

/** One writing thread against this one. Throws with the forbidden outcome that it saw. */
function race(overflow: OverflowStrategy, scenario: Scenario): Outcome {
  const region = regionOf(overflow, scenario);
  const controlMemory = new SharedArrayBuffer(CONTROL_BYTES);
  const control = new Int32Array(controlMemory);
  const idle = new Int32Array(new SharedArrayBuffer(4));
  const pattern = { seed: scenario.seed, maxSlots: scenario.maxSlots };
  const watch = new Watch(region, overflow, pattern);
  writer.postMessage({
    region: region.buffer,
    control: controlMemory,
    pattern,
    overflow,
    pace: scenario.writerPace,
  });
  expect(Atomics.wait(control, STARTED, 0, 10_000)).not.toBe('timed-out');
  try {
    const deadline = performance.now() + RUN_MILLIS;
    while (performance.now() < deadline) readFor(watch, scenario, idle);
  } finally {
    Atomics.store(control, STOP, 1);
    expect(Atomics.wait(control, DONE, 0, 10_000)).not.toBe('timed-out');
  }
  watch.takeOver();
  while (watch.next());
  watch.checkTotals(new Float64Array(controlMemory));
  return watch;
}

function readFor(watch: Watch, { readerPace, framesPerReader }: Scenario, idle: Int32Array): void {
  for (let frames = 0; frames < 64; frames++) {
    if (!watch.next()) break;
    pauseAfter(readerPace, watch.framesRead, idle);
    if (framesPerReader > 0 && watch.framesRead % framesPerReader === 0) watch.takeOver();
  }
  watch.checkBound();
}

/** Reads on behalf of all the readers of a ring and knows what they may not see. */
class Watch implements Outcome {
  readonly #region: Region;
  readonly #overflow: OverflowStrategy;
  readonly #pattern: { readonly seed: number; readonly maxSlots: number };
  #reader: RingReader;
  readers = 1;
  framesRead = 0;
  unitsRead = 0;
  /** Of the readers before the present one. */
  #tallied = { framesRead: 0, unitsRead: 0, framesLost: 0, unitsLost: 0 };
  #lastSequence = 0;
  #nextOrdinal = 0;
  /** Units of all frames up to the last sequence, whatever became of them. */
  #unitsOffered = 0;

  constructor(region: Region, overflow: OverflowStrategy, pattern: { seed: number; maxSlots: number }) {
    this.#region = region;
    this.#overflow = overflow;
    this.#pattern = pattern;
    this.#reader = this.#newReader();
  }

  get framesLost(): number {
    return this.#tallied.framesLost + this.#reader.tally.framesLost;
  }

  next(): boolean {
    if (!this.#reader.next()) return false;
    const { view } = this.#reader;
    const sequence = view.f64[F_SEQUENCE];
    if (!Number.isSafeInteger(sequence)) this.#fail(`torn: sequence ${sequence}`);
    if (sequence === this.#lastSequence) this.#fail(`duplicated: ${sequence}`);
    if (sequence < this.#lastSequence) this.#fail(`reordered: ${sequence} after ${this.#lastSequence}`);
    const tear = tearIn(view, this.#pattern, sequence);
    if (tear !== undefined) this.#fail(`torn: frame ${sequence}: ${tear}`);
    this.#checkPlace(sequence, view.i32[F_ORDINAL_WORD], view.f64[F_UNITS_BEFORE]);
    this.framesRead++;
    this.unitsRead += unitsOf(this.#pattern, sequence);
    return true;
  }

  /** The frame's place among those that were accepted: everything before it was read or is lost. */
  #checkPlace(sequence: number, ordinal: number, unitsBefore: number): void {
    for (let skipped = this.#lastSequence + 1; skipped < sequence; skipped++) {
      this.#unitsOffered += unitsOf(this.#pattern, skipped);
    }
    if (this.#overflow === 'overwrite') {
      if (ordinal !== sequence - 1) this.#fail(`torn: frame ${sequence} has ordinal ${ordinal}`);
      if (unitsBefore !== this.#unitsOffered)
        this.#fail(`torn: frame ${sequence} follows ${unitsBefore} units`);
    } else {
      if (ordinal !== this.#nextOrdinal)
        this.#fail(`lost: ordinal ${ordinal}, expected ${this.#nextOrdinal}`);
      if (unitsBefore !== this.unitsRead) this.#fail(`miscounted: ${unitsBefore} units before ${sequence}`);
    }
    this.#nextOrdinal = ordinal + 1;
    this.#lastSequence = sequence;
    this.#unitsOffered += unitsOf(this.#pattern, sequence);
  }

  takeOver(): void {
    const { framesRead, unitsRead, framesLost, unitsLost } = this.#reader.tally;
    this.#tallied.framesRead += framesRead;
    this.#tallied.unitsRead += unitsRead;
    this.#tallied.framesLost += framesLost;
    this.#tallied.unitsLost += unitsLost;
    this.readers++;
    this.#reader = this.#newReader();
  }

  /** While the writer is at work: never more than it has begun to write. */
  checkBound(): void {
    const { framesRead, framesLost } = this.#reader.tally;
    const seen = this.#tallied.framesRead + this.#tallied.framesLost + framesRead + framesLost;
    const written = this.#reader.framesWritten;
    if (seen > written) this.#fail(`miscounted: ${seen} read and lost of ${written}`);
    if (framesLost < 0 || this.#reader.tally.unitsLost < 0)
      this.#fail('miscounted: less than nothing was lost');
  }

  checkTotals(writerTotals: Float64Array): void {
    const tally = this.#reader.tally;
    const framesRead = this.#tallied.framesRead + tally.framesRead;
    const unitsRead = this.#tallied.unitsRead + tally.unitsRead;
    const framesLost = this.#tallied.framesLost + tally.framesLost;
    const unitsLost = this.#tallied.unitsLost + tally.unitsLost;
    const frames = writerTotals[OFFERED_FRAMES] - writerTotals[REFUSED_FRAMES];
    const units = writerTotals[OFFERED_UNITS] - writerTotals[REFUSED_UNITS];
    expect({
      framesRead,
      unitsRead,
      'frames read + lost': framesRead + framesLost,
      'units read + lost': unitsRead + unitsLost,
      framesWritten: this.#reader.framesWritten,
      unitsWritten: this.#reader.unitsWritten,
      pendingUnits: this.#reader.pendingUnits(),
      fill: this.#reader.fill,
    }).toEqual({
      framesRead: this.framesRead,
      unitsRead: this.unitsRead,
      'frames read + lost': frames,
      'units read + lost': units,
      framesWritten: frames,
      unitsWritten: units,
      pendingUnits: 0,
      fill: 0,
    });
    if (this.#overflow === 'drop') expect(framesLost).toBe(0);
    else expect(writerTotals[REFUSED_FRAMES]).toBe(0);
  }

  #newReader(): RingReader {
    const { i32 } = this.#region;
    return new RingReader(this.#region, i32[H_RING_AT], i32[H_RING_SLOTS], this.#overflow);
  }

  #fail(what: string): never {
    throw new Error(`${what} (frame ${this.framesRead + 1} of reader ${this.readers})`);
  }
}

function regionOf(overflow: OverflowStrategy, { ringSlots, start }: Scenario): Region {
  const region = createRegion(
    {
      ringSlots,
      prioritySlots: 128,
      cells: 1,
      definitionBytes: 64,
      inFlightSlots: 1,
      spillSlots: 1,
      spanRingBytes: 0,
      spanTextBytes: 0,
    },
    { lane: 1, key: Uint32Array.of(1, 2, 3, 4), overflow },
  );
  const control = region.i32[H_RING_AT] / 4;
  for (const word of [R_INTENT, R_PUBLISHED, R_READ, R_READ_SEEN]) region.i32[control + word] = start;
  region.i32.fill(start, control + R_BOUNDARIES, control + R_BOUNDARIES + BOUNDARY_COUNT);
  return region;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
