import type { Scope } from '@tickscope/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import winston from 'winston';
import Transport from 'winston-transport';
import { register } from './register.js';
import { withTickFields } from './winston.js';

interface Line {
  readonly message: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly trace_flags?: string;
  readonly [field: string]: unknown;
}

/** Takes a line whenever the test says so: a disk or a network that has fallen behind. */
class SlowTransport extends Transport {
  readonly lines: Line[] = [];
  #isFast = false;
  #next: (() => void) | undefined;

  override log(info: Record<symbol, string>, next: () => void): void {
    this.lines.push(JSON.parse(info[Symbol.for('message')] as string));
    if (this.#isFast) next();
    else this.#next = next;
  }

  catchUp(): void {
    this.#isFast = true;
    this.#next?.();
  }
}

function loggerTo(transport: Transport) {
  return winston.createLogger({ format: winston.format.json(), transports: [transport] });
}

let scope: Scope;
beforeEach(() => {
  scope = register({ pipeline: 'inline', prometheus: false, otlp: false });
});
afterEach(() => scope.shutdown());

test('every way of logging a line gets the fields of its tick, and nothing outside one', () => {
  const transport = new SlowTransport();
  transport.catchUp();
  const log = withTickFields(loggerTo(transport));
  log.info('outside');
  const fields = scope.tick((tick) => {
    log.info('text');
    log.info('text and fields', { symbol: 'BTC-USD' });
    log.info({ message: 'object' });
    log.warn('%s', 'splat');
    log.log({ level: 'error', message: 'by level' });
    log.child({ venue: 'sim' }).info('grandchild');
    return tick.logFields();
  });
  log.info('outside again');

  expect(transport.lines).toEqual([
    { level: 'info', message: 'outside' },
    { level: 'info', message: 'text', ...fields },
    { level: 'info', message: 'text and fields', symbol: 'BTC-USD', ...fields },
    { level: 'info', message: 'object', ...fields },
    { level: 'warn', message: '%s', ...fields },
    { level: 'error', message: 'by level', ...fields },
    { level: 'info', message: 'grandchild', venue: 'sim', ...fields },
    { level: 'info', message: 'outside again' },
  ]);
});

test("a line's own fields win", () => {
  const transport = new SlowTransport();
  const log = withTickFields(loggerTo(transport));
  scope.tick(() => log.info('relayed', { trace_id: 'of another service' }));
  expect(transport.lines[0]?.trace_id).toBe('of another service');
});

test('a transport that falls behind does not mix up ticks, as a format would', async () => {
  const transport = new SlowTransport();
  const late = winston.format((info) => Object.assign(info, { late_trace_id: scope.logFields().trace_id }))();
  const log = withTickFields(
    winston.createLogger({
      format: winston.format.combine(late, winston.format.json()),
      transports: [transport],
    }),
  );
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) {
    scope.tick((tick) => {
      ids.push(tick.spanContext().traceId);
      for (let line = 0; line < 40; line++) log.info(tick.spanContext().traceId);
    });
  }
  scope.tick(() => transport.catchUp());
  await expect.poll(() => transport.lines.length).toBe(ids.length * 40);

  expect(new Set(ids).size).toBe(ids.length);
  expect(transport.lines.filter((line) => line.trace_id !== line.message)).toEqual([]);
  expect(transport.lines.some((line) => line.late_trace_id !== line.message)).toBe(true);
});

test('a logger made before register() and used after shutdown() goes on without fields', async () => {
  const transport = new SlowTransport();
  transport.catchUp();
  await scope.shutdown();
  const log = withTickFields(loggerTo(transport));
  log.info('before');
  scope = register({ pipeline: 'inline', prometheus: false, otlp: false });
  scope.tick(() => log.info('inside'));
  await scope.shutdown();
  scope.tick(() => log.info('after'));
  expect(transport.lines.map((line) => [line.message, typeof line.trace_id])).toEqual([
    ['before', 'undefined'],
    ['inside', 'string'],
    ['after', 'undefined'],
  ]);
});

test('the logger that was wrapped stays as it was, and an error keeps its message and stack', () => {
  const transport = new SlowTransport();
  transport.catchUp();
  const plain = loggerTo(transport);
  const log = withTickFields(plain);
  const error = new Error('no book');
  scope.tick(() => {
    plain.info('plain');
    log.error(error);
  });
  expect(transport.lines).toEqual([
    { level: 'info', message: 'plain' },
    expect.objectContaining({ message: 'no book', stack: error.stack, trace_id: expect.any(String) }),
  ]);
  expect(Object.keys(error)).not.toContain('trace_id');
});
