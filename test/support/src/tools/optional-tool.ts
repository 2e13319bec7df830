export interface OptionalTool<T> {
  /** For the message, for example `promtool`. */
  readonly name: string;
  /** Throws when it cannot be had. */
  readonly obtain: () => T | Promise<T>;
  /** What nobody has checked when the tool is missing. */
  readonly leavesUnchecked: string;
}

/**
 * The one place that decides what happens when a program from outside npm is missing: undefined, for the test to skip
 * itself, and a loud line that names what was not checked; an error where CI is set, because there it has to be had.
 */
export async function optionalTool<T>(
  { name, obtain, leavesUnchecked }: OptionalTool<T>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<T | undefined> {
  try {
    return await obtain();
  } catch (error) {
    const message = `${name} is not to be had (${String(error)}). NOT CHECKED: ${leavesUnchecked}`;
    if (environment.CI && environment.CI !== 'false') throw new Error(message);
    console.warn(`SKIPPED: ${message}`);
    return undefined;
  }
}
