/** What a route gives back; the server turns it into bytes. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function jsonAnswer(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  const answer = { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
  return headers === undefined ? answer : { ...answer, headers };
}

/** Errors of the API are JSON like its answers: `{"error": "…"}`. */
export function errorAnswer(
  status: number,
  error: string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return jsonAnswer({ error }, status, headers);
}
