/**
 * Words that a thread which joined a pipeline shares with the pipeline's worker, besides its region. They work
 * while either side is busy: nothing of a lane hangs on an event loop.
 *
 *     word 0    state                      (thread: own; worker: the rest)
 *     word 1    1: the thread has ended or left        (thread, or the one that started it)
 *     word 2    flush requests made                    (thread)
 *     word 3    the last request that is done          (worker)
 *     word 4    0: the address is not known yet; else its length plus 1  (worker)
 *     byte 64…  the address, UTF-16                    (worker)
 */
export const LANE_STATE = 0;
export const LANE_ENDED = 1;
export const LANE_FLUSH_REQUESTED = 2;
export const LANE_FLUSH_DONE = 3;
const ADDRESS_LENGTH = 4;

/** Nobody has taken the lane yet. A state above 0 is the id of the pipeline that has. */
export const LANE_PENDING = 0;
/** Drained to the end and added to the totals, or its pipeline is gone: nobody will look at it again. */
export const LANE_CLOSED = -1;
/** No pipeline answered: the thread has started one of its own. */
export const LANE_OWN = -2;

const WORDS = 16;
const ADDRESS_MAX_UNITS = 512;

export function createLaneWords(): Int32Array {
  return laneWords(new SharedArrayBuffer(WORDS * 4 + ADDRESS_MAX_UNITS * 2));
}

export function laneWords(buffer: SharedArrayBuffer): Int32Array {
  return new Int32Array(buffer, 0, WORDS);
}

export function closeLane(words: Int32Array): void {
  Atomics.store(words, LANE_STATE, LANE_CLOSED);
  Atomics.notify(words, LANE_STATE);
}

/** @param address undefined: there is no server. One that is longer than the room for it is told as none. */
export function storeAddress(words: Int32Array, address: string | undefined): void {
  const units = addressUnits(words);
  const text = address === undefined || address.length > units.length ? '' : address;
  for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index);
  Atomics.store(words, ADDRESS_LENGTH, text.length + 1);
}

/** `known` is false until the worker has told. */
export function loadAddress(words: Int32Array): { known: boolean; address?: string | undefined } {
  const length = Atomics.load(words, ADDRESS_LENGTH) - 1;
  if (length < 0) return { known: false };
  const text = String.fromCharCode(...addressUnits(words).subarray(0, length));
  return { known: true, address: text === '' ? undefined : text };
}

function addressUnits(words: Int32Array): Uint16Array {
  return new Uint16Array(words.buffer, WORDS * 4, ADDRESS_MAX_UNITS);
}
