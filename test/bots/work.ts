/** Occupies the thread as computing would. */
export function spin(millis: number): void {
  const end = performance.now() + millis;
  while (performance.now() < end);
}

export const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

/** What a bot tells its test, one line of JSON each, written before the call returns. */
export function report(value: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Resolves when the test closes this program's standard input. */
export async function untilInputEnds(): Promise<void> {
  for await (const _ of process.stdin);
}
