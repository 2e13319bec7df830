export type {
  LogFields,
  Loop,
  LoopOptions,
  Mode,
  ParentContext,
  Request,
  Scope,
  Stage,
  Tick,
  TickOptions,
  TickSpanContext,
  TraceStateEntries,
} from './api.js';
export { currentScope } from './current-scope.js';
export { TickscopeError, type TickscopeErrorCode } from './errors.js';
export {
  type EndOutcome,
  REQUEST_OUTCOMES,
  type RequestOutcome,
  type SkipOutcome,
  TICK_OUTCOMES,
  type TickOutcome,
} from './outcomes.js';
export type { AttributeValue } from './records.js';
