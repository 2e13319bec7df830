/** Whether a body went on asynchronously. A getter that throws is a body's own business: it counts as no. */
export function isThenable<T>(value: T): value is T & PromiseLike<Awaited<T>> {
  if (value instanceof Promise) return true;
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}
