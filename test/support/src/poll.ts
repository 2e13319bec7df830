export interface PollOptions {
  /** Default 10 000. */
  readonly timeoutMillis?: number;
  /** Default 20. */
  readonly intervalMillis?: number;
  /** Says what is awaited, for the error. */
  readonly description?: string;
}

/**
 * Calls `probe` until it returns something other than undefined, null or false, and resolves with that. A probe that
 * throws counts as "not yet". Rejects at the deadline with the last error or value seen.
 */
export async function pollUntil<T>(
  probe: () => T | Promise<T>,
  options: PollOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { timeoutMillis = 10_000, intervalMillis = 20, description = 'a condition' } = options;
  const deadline = performance.now() + timeoutMillis;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false)
        return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`Waited ${timeoutMillis} ms for ${description}; last seen: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, intervalMillis));
  }
}
