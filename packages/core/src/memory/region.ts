import {
  FRAME_MAX_SLOTS,
  H_CELLS,
  H_CELLS_AT,
  H_DEFINITIONS_AT,
  H_DEFINITIONS_BYTES,
  H_IN_FLIGHT_AT,
  H_IN_FLIGHT_SLOTS,
  H_KEY,
  H_LANE,
  H_MAGIC,
  H_OVERFLOW,
  H_PRIORITY_AT,
  H_PRIORITY_SLOTS,
  H_RING_AT,
  H_RING_SLOTS,
  H_SPAN_RING_AT,
  H_SPAN_RING_BYTES,
  H_SPAN_TEXTS_AT,
  H_SPAN_TEXTS_BYTES,
  H_SPILL_AT,
  H_SPILL_SLOTS,
  H_STAGING_AT,
  H_VERSION,
  HEADER_BYTES,
  IN_FLIGHT_SLOT_DOUBLES,
  LAYOUT_VERSION,
  MAGIC,
  type OverflowStrategy,
  RING_CONTROL_BYTES,
  SLOT_BYTES,
  SPACING_BYTES,
  SPAN_FRAME_MAX_WORDS,
  SPAN_RING_CONTROL_BYTES,
  SPILL_SLOT_DOUBLES,
} from './layout.js';
import { initializeRing } from './ring-writer.js';

export interface RegionSizes {
  /** 32-byte slots, a power of two. Default 131 072 (4 MiB). */
  readonly ringSlots: number;
  /** 32-byte slots, a power of two. Default 2 048 (64 KiB). */
  readonly prioritySlots: number;
  /** Doubles for histograms, counters and gauges. Default 98 304 (768 KiB). */
  readonly cells: number;
  /** Default 131 072. */
  readonly definitionBytes: number;
  /** Ticks that can be open and traced at once. Default 256. */
  readonly inFlightSlots: number;
  /** Ticks beyond those that can be open and timed. Default 4 096. */
  readonly spillSlots: number;
  /** For spans of OpenTelemetry's API: a power of two of at least 262 144 bytes, or 0 for none. Default 1 MiB. */
  readonly spanRingBytes: number;
  /** For their names and attribute keys. Default 65 536 bytes. */
  readonly spanTextBytes: number;
}

export const DEFAULT_SIZES: RegionSizes = {
  ringSlots: 131_072,
  prioritySlots: 2_048,
  cells: 98_304,
  definitionBytes: 131_072,
  inFlightSlots: 256,
  spillSlots: 4_096,
  spanRingBytes: 1_048_576,
  spanTextBytes: 65_536,
};

export interface RegionIdentity {
  /** 1…65 535, unique per trading thread of the process. */
  readonly lane: number;
  /** 128 random bits, the same for every lane of the process. */
  readonly key: Uint32Array;
  readonly overflow: OverflowStrategy;
}

/** The views over one region. */
export interface Region {
  readonly buffer: SharedArrayBuffer;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

/** Allocates a region. Pages are touched when they are first written: an unused ring costs no memory. */
export function createRegion(sizes: RegionSizes, identity: RegionIdentity): Region {
  requirePowerOfTwo('ringSlots', sizes.ringSlots);
  requirePowerOfTwo('prioritySlots', sizes.prioritySlots);
  requireSpanRing(sizes.spanRingBytes);
  let end = HEADER_BYTES;
  const place = (bytes: number): number => {
    const at = end;
    end = Math.ceil((end + bytes) / SPACING_BYTES) * SPACING_BYTES;
    return at;
  };
  const definitionsAt = place(sizes.definitionBytes);
  const cellsAt = place(sizes.cells * 8);
  const inFlightAt = place(sizes.inFlightSlots * IN_FLIGHT_SLOT_DOUBLES * 8);
  const spillAt = place(sizes.spillSlots * SPILL_SLOT_DOUBLES * 8);
  const stagingAt = place(IN_FLIGHT_SLOT_DOUBLES * 8);
  const priorityAt = place(RING_CONTROL_BYTES + sizes.prioritySlots * SLOT_BYTES);
  const ringAt = place(RING_CONTROL_BYTES + sizes.ringSlots * SLOT_BYTES);
  const spanTextsAt = place(sizes.spanTextBytes);
  const spanRingAt = place(SPAN_RING_CONTROL_BYTES + sizes.spanRingBytes);

  const region = openRegion(new SharedArrayBuffer(end));
  const { i32 } = region;
  i32[H_VERSION] = LAYOUT_VERSION;
  i32[H_LANE] = identity.lane;
  i32[H_DEFINITIONS_AT] = definitionsAt;
  i32[H_DEFINITIONS_BYTES] = sizes.definitionBytes;
  i32[H_CELLS_AT] = cellsAt;
  i32[H_CELLS] = sizes.cells;
  i32[H_IN_FLIGHT_AT] = inFlightAt;
  i32[H_IN_FLIGHT_SLOTS] = sizes.inFlightSlots;
  i32[H_SPILL_AT] = spillAt;
  i32[H_SPILL_SLOTS] = sizes.spillSlots;
  i32[H_STAGING_AT] = stagingAt;
  i32[H_PRIORITY_AT] = priorityAt;
  i32[H_PRIORITY_SLOTS] = sizes.prioritySlots;
  i32[H_RING_AT] = ringAt;
  i32[H_RING_SLOTS] = sizes.ringSlots;
  i32[H_SPAN_TEXTS_AT] = spanTextsAt;
  i32[H_SPAN_TEXTS_BYTES] = sizes.spanTextBytes;
  i32[H_SPAN_RING_AT] = spanRingAt;
  i32[H_SPAN_RING_BYTES] = sizes.spanRingBytes;
  initializeRing(i32, priorityAt, sizes.prioritySlots, 'drop');
  initializeRing(i32, ringAt, sizes.ringSlots, identity.overflow);
  i32[H_OVERFLOW] = identity.overflow === 'overwrite' ? 1 : 0;
  for (let word = 0; word < 4; word++) i32[H_KEY + word] = identity.key[word];
  Atomics.store(i32, H_MAGIC, MAGIC);
  return region;
}

export function openRegion(buffer: SharedArrayBuffer): Region {
  return { buffer, i32: new Int32Array(buffer), f64: new Float64Array(buffer) };
}

/** For a reader: refuses memory of another layout, such as two versions of Tickscope in one process. */
export function checkRegion(region: Region): void {
  if (Atomics.load(region.i32, H_MAGIC) !== MAGIC || region.i32[H_VERSION] !== LAYOUT_VERSION) {
    throw new RangeError(
      `shared region has layout ${region.i32[H_VERSION]}, this reader knows ${LAYOUT_VERSION}`,
    );
  }
}

function requirePowerOfTwo(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 2 * FRAME_MAX_SLOTS || (value & (value - 1)) !== 0) {
    throw new RangeError(`${name} must be a power of two of at least ${2 * FRAME_MAX_SLOTS}, got ${value}`);
  }
}

function requireSpanRing(bytes: number): void {
  const minimum = SPAN_FRAME_MAX_WORDS * 4 * 4;
  if (bytes === 0 || (Number.isInteger(bytes) && bytes >= minimum && (bytes & (bytes - 1)) === 0)) return;
  throw new RangeError(`spanRingBytes must be 0 or a power of two of at least ${minimum}, got ${bytes}`);
}
