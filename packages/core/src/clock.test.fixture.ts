const realNow = performance.now;

/** What `performance.now()` says while the clock is stopped, in milliseconds. A test moves it. */
export const clock = { now: 0 };

/** For `beforeEach`. */
export function stopClock(): void {
  clock.now = 100_000;
  performance.now = () => clock.now;
}

/** For `afterEach`. */
export function startClock(): void {
  performance.now = realNow;
}
