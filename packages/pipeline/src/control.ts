/**
 * Words that the trading thread and the worker share besides the regions: a flush must work while the
 * trading thread is blocked in its `exit` handler, where no message would be delivered.
 *
 *     word 0    flush requests made            (trading thread)
 *     word 1    the last request that is done  (worker; the trading thread waits on it)
 *     word 2    state of the worker
 *     word 3    1: the process is ending       (trading thread)
 *     byte 64…  doubles: the ledger's verdicts            (worker, and the one that replaces it)
 */
import { LEDGER_DOUBLES } from './ledger.js';

const LEDGER_AT = 64;
export const FLUSH_REQUESTED = 0;
export const FLUSH_DONE = 1;
export const WORKER_STATE = 2;
export const IS_EXITING = 3;

export const WORKER_STARTING = 0;
export const WORKER_RUNNING = 1;
export const WORKER_STOPPED = 2;

export function createControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(LEDGER_AT + LEDGER_DOUBLES * 8);
}

export function controlWords(control: SharedArrayBuffer): Int32Array {
  return new Int32Array(control, 0, 16);
}

export function ledgerDoubles(control: SharedArrayBuffer): Float64Array {
  return new Float64Array(control, LEDGER_AT, LEDGER_DOUBLES);
}
