/** Errors of set-up. The recorder itself never throws. */
export type TickscopeErrorCode =
  | 'TICKSCOPE_INVALID_CONFIG'
  | 'TICKSCOPE_ALREADY_REGISTERED'
  | 'TICKSCOPE_UNSUPPORTED_RUNTIME';

export class TickscopeError extends Error {
  override readonly name = 'TickscopeError';
  readonly code: TickscopeErrorCode;

  constructor(code: TickscopeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
