type LogLevel = 'info' | 'warn' | 'error';

/** Writes one line of JSON. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLog(write: (line: string) => void): Log {
  return (level, message, fields) => {
    const time = new Date().toISOString();
    write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
  };
}
