/** Delivery at the end of the process, however it ends, without changing how it ends. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface ExitHooks {
  remove(): void;
}

/**
 * @param flush blocks, bounded, until everything is delivered; called at most once.
 *
 * `exit` covers a natural end, `process.exit()` and an uncaught throw. A signal without a listener ends the
 * process without `exit`; so there is a listener, which, if it is the only one, delivers and then lets the
 * signal do what it would have done. A bot with a listener of its own decides for itself.
 */
export function installExitHooks(flush: () => void): ExitHooks {
  let isFlushed = false;
  const flushOnce = (): void => {
    if (isFlushed) return;
    isFlushed = true;
    flush();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    flushOnce();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  process.on('exit', flushOnce);
  // First in line: a bot's `once` listener that had its turn before this one would no longer be counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return {
    remove() {
      process.off('exit', flushOnce);
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
