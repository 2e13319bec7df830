import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Recording } from '../recording.test.fixture.js';
import { MAX_TRACE_STATE_LENGTH, TraceState } from '../trace-state.js';

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 3 };
const stateOf = (text: string) => TraceState.parse(text) as TraceState;
const recordedState = (recording: Recording) => recording.ticks[0].remoteParent?.traceState;

describe("a remote parent's tracestate", () => {
  test('is that of the tick, its stages, its requests and the record', () => {
    const recording = new Recording();
    const traceState = stateOf('ot=th:8;rv:0123456789abcd,dd=s:1');
    const tick = recording.scope.begin({ parent: { ...PARENT, traceState } });
    const stage = tick.start('emit');
    const contexts = [tick.spanContext(), stage.spanContext()];
    tick.exchangeRequest('POST', 'orders', (request) => contexts.push(request.spanContext()));
    stage.end();
    tick.end();
    expect(contexts.map((context) => context.traceState)).toEqual([traceState, traceState, traceState]);
    expect(recordedState(recording)).toBe(traceState.serialize());
  });

  test('goes with a request that outlives the tick', async () => {
    const recording = new Recording();
    const tick = recording.scope.begin({ parent: { ...PARENT, traceState: stateOf('a=1') } });
    const request = tick.exchangeRequest('POST', 'orders', async () => null);
    tick.end();
    await request;
    expect(recording.ticks).toHaveLength(1);
    expect(recording.lateSpans[0].remoteParent).toEqual({ ...PARENT, traceState: 'a=1' });
  });

  test('travels whole at its longest, and leaves room for 39 records', () => {
    const recording = new Recording();
    const text = `a=${'~'.repeat(126)},b=${' '.repeat(125)}!,c=${'z'.repeat(126)},d=${'0'.repeat(122)}`;
    const tick = recording.scope.begin({ parent: { ...PARENT, traceState: stateOf(text) } });
    for (let lap = 0; lap < 38; lap++) tick.lap('emit');
    tick.setAttribute('last', 1);
    tick.end();
    expect(text.length).toBeGreaterThan(MAX_TRACE_STATE_LENGTH - 5);
    expect(recordedState(recording)).toBe(text);
    expect(recording.ticks[0].spans).toHaveLength(38);
    expect(recording.ticks[0].attributes).toEqual({ last: 1 });
    expect(recording.anomalies).toEqual({});
  });

  test('comes back from shared memory as it was, whatever its length', () => {
    const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    const value = fc
      .string({ unit: character, minLength: 1, maxLength: 120 })
      .map((text) => text.replaceAll(/[,=]/g, '.'));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
        const text = values.map((content, at) => `k${at}=${content}`).join(',');
        const recording = new Recording();
        recording.scope.begin({ parent: { ...PARENT, traceState: stateOf(text) } }).end();
        expect(recordedState(recording)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a trace that begins here', () => {
  test.each([
    ['full', 1, 'ot=th:0'],
    ['sampled', 1, 'ot=th:0'],
    ['sampled', 0, undefined],
    ['metrics', 1, undefined],
  ] as const)('in mode %s at ratio %d has the tracestate %s', (mode, sampleRatio, expected) => {
    const recording = new Recording({ mode, sampleRatio });
    const tick = recording.scope.begin();
    expect(tick.spanContext().traceState?.serialize()).toBe(expected);
    tick.end();
  });

  test('tells the threshold exactly where the ratio selected it', () => {
    const recording = new Recording({ mode: 'sampled', sampleRatio: 0.25 });
    const seen = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const tick = recording.scope.begin();
      const { traceFlags, traceState } = tick.spanContext();
      seen.add(`${traceFlags} ${traceState?.serialize()}`);
      tick.end();
    }
    expect([...seen].sort()).toEqual(['2 undefined', '3 ot=th:c']);
  });
});
