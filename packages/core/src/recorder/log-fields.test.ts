import { expect, test } from 'vitest';
import { Recording } from '../recording.test.fixture.js';
import { NOOP_SCOPE } from './noop.js';

test('log fields name the span as OpenTelemetry names it in logs', () => {
  const { scope } = new Recording();
  const tick = scope.begin();
  const { traceId, spanId } = tick.spanContext();
  expect(tick.logFields()).toEqual({
    trace_id: traceId,
    span_id: spanId,
    trace_flags: expect.stringMatching(/^0[23]$/),
  });
});

test('there are no log fields where there is no span, least of all zeros', () => {
  const { scope } = new Recording();
  const ended = scope.begin();
  ended.end();
  const noop = NOOP_SCOPE.begin();
  const sources = [scope, ended, NOOP_SCOPE, noop, noop.start('fetch_md')];
  expect(sources.map((source) => source.logFields())).toEqual(sources.map(() => ({})));
});

test('log fields belong to the caller: a logger may add to them', () => {
  const { scope } = new Recording();
  const noop = NOOP_SCOPE.begin();
  scope.tick((tick) => {
    for (const source of [scope, tick, tick.start('fetch_md'), NOOP_SCOPE, noop, noop.start('fetch_md')]) {
      Object.assign(source.logFields(), { level: 30 });
      expect(source.logFields()).not.toHaveProperty('level');
    }
  });
});
