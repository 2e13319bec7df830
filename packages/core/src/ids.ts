/**
 * Trace and span ids: a keyed permutation of (lane, sequence, span index), so that the worker computes the
 * same ids as the trading thread, which does so only when somebody asks.
 *
 * The permutation is eight rounds of ChaCha's quarter round over four words, with the process key added
 * before and after. It is not meant to keep secrets; ids must be unique, uniform (the last 56 bits decide
 * about sampling, W3C Trace Context level 2 `random` flag) and different in every process.
 */
export const TRACE_FLAG_SAMPLED = 1;
/** W3C Trace Context level 2: the last 56 bits of the trace id are random. */
export const TRACE_FLAG_RANDOM = 2;
export const INVALID_TRACE_ID = '0'.repeat(32);
export const INVALID_SPAN_ID = '0'.repeat(16);

const mixed = new Uint32Array(4);

function mix(key: ArrayLike<number>, a: number, b: number, c: number, d: number): void {
  let w = (a + key[0]) | 0;
  let x = (b + key[1]) | 0;
  let y = (c + key[2]) | 0;
  let z = (d + key[3]) | 0;
  for (let round = 0; round < 8; round++) {
    w = (w + x) | 0;
    z ^= w;
    z = (z << 16) | (z >>> 16);
    y = (y + z) | 0;
    x ^= y;
    x = (x << 12) | (x >>> 20);
    w = (w + x) | 0;
    z ^= w;
    z = (z << 8) | (z >>> 24);
    y = (y + z) | 0;
    x ^= y;
    x = (x << 7) | (x >>> 25);
  }
  mixed[0] = w + key[2];
  mixed[1] = x + key[3];
  mixed[2] = y + key[0];
  mixed[3] = z + key[1];
}

const TRACE_DOMAIN = 0x7472_6163;
const SPAN_DOMAIN = 0x7370_616e;

function mixTrace(key: ArrayLike<number>, lane: number, sequence: number): void {
  mix(key, sequence | 0, Math.floor(sequence / 0x1_0000_0000), lane, TRACE_DOMAIN);
}

/** 32 hex digits. */
export function traceIdOf(key: ArrayLike<number>, lane: number, sequence: number): string {
  mixTrace(key, lane, sequence);
  const id = hex(mixed[0], mixed[1]) + hex(mixed[2], mixed[3]);
  return id === INVALID_TRACE_ID ? `${'0'.repeat(31)}1` : id;
}

/** 16 hex digits. */
export function spanIdOf(key: ArrayLike<number>, lane: number, sequence: number, index: number): string {
  mix(key, sequence | 0, Math.floor(sequence / 0x1_0000_0000), lane | (index << 16), SPAN_DOMAIN);
  const id = hex(mixed[0], mixed[1]);
  return id === INVALID_SPAN_ID ? `${'0'.repeat(15)}1` : id;
}

/** The upper 32 of the trace id's 56 random bits: what a u32 threshold is compared with. */
export function randomnessOf(key: ArrayLike<number>, lane: number, sequence: number): number {
  mixTrace(key, lane, sequence);
  return ((mixed[2] << 8) | (mixed[3] >>> 24)) >>> 0;
}

/** The same of a trace id made elsewhere. */
export function randomnessOfTraceId(traceId: string): number {
  return Number.parseInt(traceId.slice(18, 26), 16);
}

/** ASCII codes by value. */
const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** 16 hex digits. In one call, because `toString(16)` of the two words and padding took 6 to 10 times as long. */
function hex(high: number, low: number): string {
  return String.fromCharCode(
    HEX_DIGITS[high >>> 28],
    HEX_DIGITS[(high >>> 24) & 15],
    HEX_DIGITS[(high >>> 20) & 15],
    HEX_DIGITS[(high >>> 16) & 15],
    HEX_DIGITS[(high >>> 12) & 15],
    HEX_DIGITS[(high >>> 8) & 15],
    HEX_DIGITS[(high >>> 4) & 15],
    HEX_DIGITS[high & 15],
    HEX_DIGITS[low >>> 28],
    HEX_DIGITS[(low >>> 24) & 15],
    HEX_DIGITS[(low >>> 20) & 15],
    HEX_DIGITS[(low >>> 16) & 15],
    HEX_DIGITS[(low >>> 12) & 15],
    HEX_DIGITS[(low >>> 8) & 15],
    HEX_DIGITS[(low >>> 4) & 15],
    HEX_DIGITS[low & 15],
  );
}
