import { formatThreshold, type RemoteParent } from '@tickscope/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { continuedTraceState, thresholdTraceState } from './trace-state.js';

/** As the recorder computes it. */
const thresholdOf = (ratio: number) => Math.round((1 - ratio) * 2 ** 32);

test.each([
  [1, '0'],
  [0.5, '8'],
  [0.25, 'c'],
  [0.2, 'cccccccd'],
  [0.1, 'e6666666'],
  [0.9375, '1'],
  [0.999, '00418937'],
])('the threshold of ratio %d is %s', (ratio, hex) => {
  expect(formatThreshold(thresholdOf(ratio))).toBe(hex);
});

test('a backend reads the threshold back: 14 digits, missing ones are zeros', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (threshold) => {
      const th = formatThreshold(threshold);
      expect(th).toMatch(/^(0|[0-9a-f]{0,13}[1-9a-f])$/);
      expect(BigInt(`0x${th.padEnd(14, '0')}`)).toBe(BigInt(threshold) << 24n);
    }),
  );
});

test('a state belongs to its own threshold, also when thresholds alternate', () => {
  for (const threshold of [0, 0x80000000, 0, 0xc0000000]) {
    expect(thresholdTraceState(threshold).serialize()).toBe(`ot=th:${formatThreshold(threshold)}`);
  }
});

function parent(traceState: string | undefined): RemoteParent {
  return { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 3, traceState };
}

test.each([
  ['as it came when its decision is followed', 'ot=th:c;rv:1234,x=1', true, 'ot=th:c;rv:1234,x=1'],
  ['without its threshold when kept against it', 'ot=th:c;rv:1234,x=1', false, 'ot=rv:1234,x=1'],
  ['without the entry when nothing else is in it', 'x=1,ot=th:c', false, 'x=1'],
  ['untouched when there is no threshold', 'x=1,y=2', false, 'x=1,y=2'],
])("a remote parent's state goes on %s", (_, incoming, sampledByRatio, outgoing) => {
  expect(continuedTraceState(parent(incoming), sampledByRatio)?.serialize()).toBe(outgoing);
});

test.each([undefined, ''])('a remote parent without a state has none to go on (%s)', (traceState) => {
  expect(continuedTraceState(parent(traceState), true)).toBeUndefined();
});
