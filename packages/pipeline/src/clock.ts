/** Time as the pipeline's stages see it, so that tests can turn it by hand. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMillis(): number;
  /** Calls `fn` once after `delayMillis`, unless the returned function is called first. */
  after(delayMillis: number, fn: () => void): () => void;
}

/** Timers do not keep the process alive: on the trading thread (inline) they must not delay a bot's exit. */
export const systemClock: Clock = {
  nowMillis: () => performance.now(),
  after(delayMillis, fn) {
    const timer = setTimeout(fn, delayMillis);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
