/** How a receiver treats the requests that come from now on. */
export type ReceiverMode =
  | { readonly kind: 'ok' }
  /** Reads the request and never answers. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** 200, but says that so many items were not taken. */
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  /** Reads the request and closes the connection without an answer. */
  | { readonly kind: 'close' };
