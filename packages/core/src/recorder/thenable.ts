/** Whether a body went on asynchronously. What cannot be looked at is the body's own business: it counts as no. */
export function isThenable<T>(value: T): value is T & PromiseLike<Awaited<T>> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  try {
    return value instanceof Promise || typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/**
 * Continues a body's result, as a promise of the same class if it is one. A thenable of another kind may
 * return nothing from its `then`, or throw: it is continued by a promise of our own.
 */
export function follow<T>(
  result: T & PromiseLike<Awaited<T>>,
  onValue: (value: Awaited<T>) => Awaited<T>,
  onError: (error: unknown) => never,
): T {
  const promise = result instanceof Promise ? result : new Promise<Awaited<T>>((resolve) => resolve(result));
  return promise.then(onValue, onError) as T;
}
