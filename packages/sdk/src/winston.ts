import { currentScope } from '@tickscope/core';

/** What is asked of winston's Logger, so that its types are not needed here. */
interface WinstonLogger {
  child(metadata: object): WinstonLogger;
  write(info: object): boolean;
}

/**
 * A winston logger whose lines carry the ambient tick's `trace_id`, `span_id` and `trace_flags`: nothing outside a
 * tick, before `register()` or after `shutdown()`. Like winston's own `logger.child(…)`, with the fields of each line's
 * moment as metadata: a line's own fields of the same names win, and `logger` itself stays as it was. Never throws.
 *
 * Not a format, because winston runs formats late: once a transport falls behind, lines wait in the logger's stream
 * and are formatted in whatever tick happens to be ambient then.
 */
export function withTickFields<L extends WinstonLogger>(logger: L): L {
  return Object.create(logger, {
    write: {
      value(info: object): boolean {
        const fields = currentScope().logFields();
        return (fields.trace_id === undefined ? logger : logger.child(fields)).write(info);
      },
    },
  }) as L;
}
