const MAX_SHOWN = 80;

/** A value as a message shows it: one line, bounded, never throwing. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return shorten(JSON.stringify(value));
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return shorten(`${value}n`);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

/** A URL as a message shows it: without user, password, query and fragment, any of which may be a secret. */
export function showUrl(text: string): string {
  return show(redactUrl(text));
}

export function redactUrl(text: string): string {
  // Works on text that is no URL too: a mistyped one holds the same secrets.
  const withoutQuery = text.replace(/[?#][\s\S]*$/, (rest) => `${rest[0]}***`);
  return withoutQuery.replace(/^([^/]*\/\/|)[\s\S]*@/, '$1***@');
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}
