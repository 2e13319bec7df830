import { DEFAULT_RECORDER_OPTIONS, Recorder, RegionReader, ScopeRecorder } from '@tickscope/core/internal';
import { expect, test } from 'vitest';
import { Drain } from './drain.js';

function setUp() {
  const recorder = new Recorder({ ...DEFAULT_RECORDER_OPTIONS, key: Uint32Array.of(1, 2, 3, 4) });
  const scope = new ScopeRecorder(
    recorder,
    { stages: ['emit'] },
    { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} },
  );
  const reader = new RegionReader(recorder.region.buffer);
  const seen: string[] = [];
  const drain = new Drain(({ facts }) => {
    seen.push(`${facts.isTick ? 'tick' : 'late span of tick'} ${facts.sequence}`);
  });
  drain.add(reader);
  /** An urgent tick, which ends during a request of its own. */
  const failDuringRequest = () => {
    const tick = scope.begin();
    tick.exchangeRequest('POST', 'orders', () => tick.fail(new Error('gone')));
  };
  return { scope, reader, drain, seen, failDuringRequest };
}

test('urgent ticks come before others, a late span after its tick', () => {
  const { scope, drain, seen, failDuringRequest } = setUp();
  scope.begin().end();
  failDuringRequest();
  expect(drain.turn()).toBe(true);
  expect(seen).toEqual(['tick 2', 'tick 1', 'late span of tick 2']);
});

test('a late span comes after its tick even if both were written between the looks at the two rings', () => {
  const { reader, drain, seen, failDuringRequest } = setUp();
  const { priorityRing } = reader;
  const next = priorityRing.next.bind(priorityRing);
  let looks = 0;
  priorityRing.next = () => {
    const isFound = next();
    if (++looks === 1) failDuringRequest();
    return isFound;
  };
  expect(drain.turn()).toBe(true);
  expect(seen).toEqual(['tick 1', 'late span of tick 1']);
});

test('a flush reads what was there before it, however fast a thread goes on writing', () => {
  const lanes = [1, 2].map(lane);
  let frames = 0;
  const drain = new Drain(() => {
    frames++;
    lanes[0].scope.begin().end();
  });
  for (const { reader } of lanes) drain.add(reader);
  for (const { scope } of lanes) for (let tick = 0; tick < 1_000; tick++) scope.begin().end();
  expect(drain.finish(60_000)).toBe(true);
  expect(frames).toBeGreaterThanOrEqual(2_000);
  expect(lanes[1].reader.spansTaken).toBe(1_000);
});

test('a lane that was removed is not read any more', () => {
  const { scope, reader } = lane(1);
  let frames = 0;
  const drain = new Drain(() => frames++);
  drain.add(reader);
  scope.begin().end();
  expect(drain.turn()).toBe(true);
  drain.remove(reader);
  scope.begin().end();
  expect(drain.turn()).toBe(true);
  expect(frames).toBe(1);
  expect(drain.readers).toEqual([]);
});

function lane(number: number): { scope: ScopeRecorder; reader: RegionReader } {
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    key: Uint32Array.of(1, 2, 3, 4),
    lane: number,
  });
  const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
  return {
    scope: new ScopeRecorder(recorder, {}, control),
    reader: new RegionReader(recorder.region.buffer),
  };
}
