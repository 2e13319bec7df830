/** What somebody has registered with the API, of its major version. Asking the API itself would log an error when taken. */
export function registered(what: 'context' | 'propagation' | 'trace'): unknown {
  const registry = (globalThis as Record<symbol, Record<string, unknown> | undefined>)[
    Symbol.for('opentelemetry.js.api.1')
  ];
  return registry?.[what];
}
