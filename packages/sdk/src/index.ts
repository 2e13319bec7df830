export {
  type AttributeValue,
  currentScope,
  type EndOutcome,
  type LogFields,
  type Loop,
  type LoopOptions,
  type Mode,
  type ParentContext,
  type Request,
  type RequestOutcome,
  type Scope,
  type SkipOutcome,
  type Stage,
  type Tick,
  type TickOptions,
  type TickOutcome,
  type TickSpanContext,
  TickscopeError,
  type TickscopeErrorCode,
} from '@tickscope/core';
export type { RegisterOptions } from './config/options.js';
export { register } from './register.js';
