import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BOUNDARY_COUNT,
  F_ORDINAL_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  H_RING_AT,
  H_RING_SLOTS,
  H_STAGING_AT,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_INTENT,
  R_PUBLISHED,
  R_READ,
  R_READ_SEEN,
  SLOT_DOUBLES,
} from './layout.js';
import { createRegion, type Region } from './region.js';
import { RingReader } from './ring-reader.js';
import { bindWriteFrame, type WriteFrame } from './ring-writer.js';

describe.each<OverflowStrategy>(['drop', 'overwrite'])('a ring with the strategy %s', (overflow) => {
  test('gives back whole frames in order, and read + lost + refused are what was offered', () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 2, max: 64 }), units: fc.integer({ min: 0, max: 65_535 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 8 }) }),
      fc.constant('another reader' as const),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 400 }),
        fc.constantFrom(0, -1, -77, 2 ** 31 - 50, 5),
        (steps, start) => {
          const ring = new TestRing(overflow, start);
          for (const next of steps) {
            if (next === 'another reader') ring.takeOver();
            else if ('write' in next) ring.write(next.write, next.units);
            else for (let frame = 0; frame < next.read; frame++) ring.read();
          }
          while (ring.read());
          expect(ring.balance()).toBe('read + lost = written');
          expect(ring.reader.pendingUnits()).toBe(0);
        },
      ),
    );
  });

  test('says how much of it waits to be read', () => {
    const ring = new TestRing(overflow, -20);
    expect([ring.reader.fill, ring.reader.pendingUnits()]).toEqual([0, 0]);
    ring.write(32, 7);
    ring.write(32, 5);
    expect([ring.reader.fill, ring.reader.pendingUnits()]).toEqual([0.5, 12]);
    ring.read();
    expect([ring.reader.fill, ring.reader.pendingUnits()]).toEqual([0.25, 5]);
    ring.takeOver();
    expect([ring.reader.fill, ring.reader.pendingUnits()]).toEqual([0.25, 5]);
  });
});

describe('a full ring', () => {
  test('refuses under drop exactly what does not fit', () => {
    const ring = new TestRing('drop', 0);
    expect([ring.write(64, 1), ring.write(62, 1), ring.write(3, 1), ring.write(2, 1)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    ring.read();
    expect([ring.write(64, 1), ring.write(2, 1)]).toEqual([true, false]);
  });

  test('keeps under overwrite the newest frames and counts the others as lost', () => {
    const ring = new TestRing('overwrite', 0);
    for (let frame = 0; frame < 20; frame++) ring.write(16, 3);
    let read = 0;
    while (ring.read()) read++;
    // 112 of 128 slots: an eighth is left as the writer's head start.
    expect(read).toBe(7);
    expect(ring.reader.tally).toEqual({ framesRead: 7, unitsRead: 21, framesLost: 13, unitsLost: 39 });
  });

  test('counts everything as lost when there is no frame left to resume at', () => {
    const ring = new TestRing('overwrite', 0);
    for (let frame = 0; frame < 20; frame++) ring.write(16, 3);
    ring.setBoundaries(0);
    expect(ring.read()).toBe(false);
    expect(ring.reader.tally).toEqual({ framesRead: 0, unitsRead: 0, framesLost: 20, unitsLost: 60 });
    ring.takeOver();
    expect(ring.read()).toBe(false);
    expect(ring.balance()).toBe('read + lost = written');
  });

  test('counts what was overwritten between two readers', () => {
    const ring = new TestRing('overwrite', 0);
    ring.write(16, 3);
    ring.read();
    for (let frame = 0; frame < 20; frame++) ring.write(16, 3);
    ring.takeOver();
    expect(ring.reader.pendingUnits()).toBe(60);
    while (ring.read());
    expect(ring.reader.tally).toEqual({ framesRead: 7, unitsRead: 21, framesLost: 13, unitsLost: 39 });
  });

  test('is not resumed at a boundary that is left from 2^32 slots ago', () => {
    const ring = new TestRing('overwrite', -10);
    // Where a frame ended the last time around lies within a frame this time.
    ring.setBoundaries(20);
    for (const slots of [20, 64, 40, 10, 20]) ring.write(slots, 1);
    while (ring.read());
    expect(ring.balance()).toBe('read + lost = written');
  });

  test('is read again after it was left alone for more than 2^31 slots', () => {
    const ring = new TestRing('overwrite', 0);
    for (let frame = 0; frame < 20; frame++) ring.write(16, 3);
    ring.setReadPosition(2 ** 31 - 5_000_000);
    ring.takeOver();
    let read = 0;
    while (ring.read()) read++;
    expect(read).toBe(7);
    expect(ring.balance()).toBe('read + lost = written');
  });
});

/** A ring of 128 slots whose frames say which they are in every slot. */
class TestRing {
  readonly #region: Region;
  readonly #overflow: OverflowStrategy;
  readonly #write: WriteFrame;
  readonly #control: number;
  reader: RingReader;
  #offered = 0;
  #lastRead = 0;
  readonly #sizes = new Map<number, { slots: number; units: number }>();
  #earlier = { framesRead: 0, unitsRead: 0, framesLost: 0, unitsLost: 0 };

  constructor(overflow: OverflowStrategy, start: number) {
    this.#overflow = overflow;
    this.#region = createRegion(
      {
        ringSlots: 128,
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
    const { i32 } = this.#region;
    this.#control = i32[H_RING_AT] / 4;
    for (const word of [R_INTENT, R_PUBLISHED, R_READ, R_READ_SEEN]) i32[this.#control + word] = start;
    this.setBoundaries(start);
    this.#write = bindWriteFrame(this.#region);
    this.reader = this.#newReader();
  }

  setBoundaries(position: number): void {
    const from = this.#control + R_BOUNDARIES;
    this.#region.i32.fill(position, from, from + BOUNDARY_COUNT);
  }

  setReadPosition(position: number): void {
    this.#region.i32[this.#control + R_READ] = position;
  }

  write(slots: number, units: number): boolean {
    const { i32, f64 } = this.#region;
    const at = i32[H_STAGING_AT] / 8;
    f64.fill(++this.#offered, at, at + slots * SLOT_DOUBLES);
    i32[at * 2 + F_SIZE_WORD] = slots | (units << 16);
    const isWritten = this.#write(i32[H_RING_AT], at, slots);
    if (isWritten) this.#sizes.set(this.#offered, { slots, units });
    return isWritten;
  }

  read(): boolean {
    if (!this.reader.next()) return false;
    const { f64, i32 } = this.reader.view;
    const number = f64[F_SEQUENCE];
    const size = this.#sizes.get(number);
    expect(size, `frame ${number} was never written`).toBeDefined();
    expect(number).toBeGreaterThan(this.#lastRead);
    const { slots, units } = size as { slots: number; units: number };
    expect(i32[F_SIZE_WORD]).toBe(slots | (units << 16));
    for (let double = F_SEQUENCE; double < slots * SLOT_DOUBLES; double++) {
      const isRings = double === F_UNITS_BEFORE || double === F_ORDINAL_WORD / 2;
      if (!isRings && f64[double] !== number) expect.fail(`frame ${number} has ${f64[double]} in it`);
    }
    this.#lastRead = number;
    return true;
  }

  takeOver(): void {
    this.#earlier = this.#total();
    this.reader = this.#newReader();
  }

  balance(): string {
    const { framesRead, unitsRead, framesLost, unitsLost } = this.#total();
    const sizes = [...this.#sizes.values()];
    const units = sizes.reduce((total, size) => total + size.units, 0);
    const isBalanced = framesRead + framesLost === sizes.length && unitsRead + unitsLost === units;
    const figures = `frames ${framesRead} + ${framesLost} of ${sizes.length}, units ${unitsRead} + ${unitsLost} of ${units}`;
    return isBalanced ? 'read + lost = written' : figures;
  }

  #total() {
    const { framesRead, unitsRead, framesLost, unitsLost } = this.reader.tally;
    return {
      framesRead: this.#earlier.framesRead + framesRead,
      unitsRead: this.#earlier.unitsRead + unitsRead,
      framesLost: this.#earlier.framesLost + framesLost,
      unitsLost: this.#earlier.unitsLost + unitsLost,
    };
  }

  #newReader(): RingReader {
    const { i32 } = this.#region;
    return new RingReader(this.#region, i32[H_RING_AT], i32[H_RING_SLOTS], this.#overflow);
  }
}
