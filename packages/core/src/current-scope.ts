import type { Scope } from './api.js';
import { NOOP_SCOPE } from './recorder/noop.js';

// Kept on globalThis: a strategy library and the bot may have installed two copies of this package.
const KEY = Symbol.for('tickscope.scope.v1');
const holder = globalThis as { [KEY]?: Scope };

/**
 * The scope of this thread: a no-op of the same shape until `register()` has run and after `shutdown()`.
 * For libraries that instrument themselves and leave the registration to the bot.
 */
export function currentScope(): Scope {
  return holder[KEY] ?? NOOP_SCOPE;
}

/** For the sdk. */
export function setCurrentScope(scope: Scope | undefined): void {
  if (scope === undefined) delete holder[KEY];
  else holder[KEY] = scope;
}
