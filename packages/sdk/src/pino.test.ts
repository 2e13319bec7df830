/** The mixin of the guide, in the real library. There is nothing of ours to import for it. */
import { currentScope, type Scope } from '@tickscope/core';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { register } from './register.js';

let scope: Scope;
beforeEach(() => {
  scope = register({ pipeline: 'inline', prometheus: false, otlp: false });
});
afterEach(() => scope.shutdown());

function startLog(mixin: () => object) {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { base: null, timestamp: false, mixin },
    { write: (line) => lines.push(JSON.parse(line)) },
  );
  return { log, lines };
}

test('lines inside a tick carry its fields, across awaits; lines outside carry nothing', async () => {
  const { log, lines } = startLog(() => scope.logFields());
  log.info('outside');
  const fields = await scope.tick(async (tick) => {
    log.info('text');
    await new Promise((resolve) => setTimeout(resolve, 1));
    log.child({ venue: 'sim' }).warn({ symbol: 'BTC-USD' }, 'after a timer');
    return tick.logFields();
  });
  log.info('outside again');
  expect(lines).toEqual([
    { level: 30, msg: 'outside' },
    { level: 30, ...fields, msg: 'text' },
    { level: 40, venue: 'sim', ...fields, symbol: 'BTC-USD', msg: 'after a timer' },
    { level: 30, msg: 'outside again' },
  ]);
});

test('an explicit tick and its stages lend theirs', () => {
  const tick = scope.begin();
  const stage = tick.start('fetch_md');
  const { log, lines } = startLog(() => stage.logFields());
  log.info('in the stage');
  const { traceId } = tick.spanContext();
  expect(lines).toEqual([
    expect.objectContaining({ trace_id: traceId, span_id: stage.spanContext().spanId }),
  ]);
  stage.end();
  tick.end();
});

test('while nothing is registered, no line fails and no field of one line reaches the next', async () => {
  await scope.shutdown();
  const { begin } = currentScope();
  const tick = begin();
  for (const mixin of [() => currentScope().logFields(), () => tick.logFields()]) {
    const { log, lines } = startLog(mixin);
    log.info({ order: 7 }, 'first');
    log.info('second');
    expect(lines).toEqual([
      { level: 30, order: 7, msg: 'first' },
      { level: 30, msg: 'second' },
    ]);
  }
});
